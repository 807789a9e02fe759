#include "arguments.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace logistics::bench {

struct Arguments::Parser {
  CLI::App app;
};

Arguments::Arguments(const std::string& description) : parser_(new Parser{CLI::App(description)}) {}
Arguments::~Arguments() = default;

void Arguments::Text(const std::string& name, std::string& value, const std::string& help, bool required) {
  parser_->app.add_option(name, value, help)->required(required);
}

void Arguments::Number(const std::string& name, int& value, int min, int max, const std::string& help, bool required) {
  parser_->app.add_option(name, value, help)->check(CLI::Range(min, max))->required(required);
}

void Arguments::Command(const std::string& name, const std::string& help) {
  parser_->app.require_subcommand(1);
  parser_->app.add_subcommand(name, help)->fallthrough();  // options may follow it
}

std::optional<int> Arguments::Parse(int argc, char** argv) {
  try {
    parser_->app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return parser_->app.exit(error);
  }
}

bool Arguments::Given(const std::string& command) const { return parser_->app.got_subcommand(command); }

int Arguments::Run(int argc, char** argv, const std::function<std::string()>& measure) {
  if (const auto over = Parse(argc, argv)) return *over;
  try {
    std::printf("%s\n", measure().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", std::filesystem::path(argv[0]).filename().c_str(), error.what());
    return 1;
  }
}

}  // namespace logistics::bench
