#include "app/command_line.hpp"

int main(int argc, char** argv) { return logistics::app::RunCommandLine(argc, argv); }
