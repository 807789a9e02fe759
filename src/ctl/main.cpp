#include "ctl/command_line.hpp"

int main(int argc, char** argv) { return logistics::ctl::RunCommandLine(argc, argv); }
