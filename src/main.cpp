#include "app/command_line.hpp"

int main(int argc, char** argv) { return logistics::app::RunCommandLine(LOGISTICS_VERSION, argc, argv); }
