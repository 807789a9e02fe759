#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace logistics::bench {

// The command line of a load generator. The parser's header takes the compiler 15 s: one source includes it for all.
class Arguments {
 public:
  explicit Arguments(const std::string& description);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  void Text(const std::string& name, std::string& value, const std::string& help, bool required = false);
  void Number(const std::string& name, int& value, int min, int max, const std::string& help, bool required = false);
  // One of the commands has to be given.
  void Command(const std::string& name, const std::string& help);

  // Sets the values. The exit code when the program is over: help was wanted, or something is wrong, and was printed.
  std::optional<int> Parse(int argc, char** argv);
  bool Given(const std::string& command) const;

  // Parses, prints the line that `measure` gives, and returns the exit code of the program. An exception of `measure`
  // goes to stderr behind the program's name.
  int Run(int argc, char** argv, const std::function<std::string()>& measure);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace logistics::bench
