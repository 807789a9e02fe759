#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace logistics::storage {

// Stands between a client and Postgres and cuts connections at a message of the client's that the test names: where
// exactly a connection breaks is what matters to a commit, and what cannot be hit by chance. Thread-safe.
class CommitCutter {
 public:
  enum class Cut {
    kSwallow,        // the server never gets the message; both sides are cut
    kLoseAnswer,     // the server gets it and answers; the answer is thrown away and both sides are cut
    kLeaveAtOnce,    // the server gets it and the client is cut; the server's side stays as it is
    kAnswerUnknown,  // the server gets it; the client is answered that the outcome is not known (08007), as by a pooler
  };
  struct Rule {
    std::string message;  // bytes of the client's message
    Cut cut = Cut::kLoseAnswer;
    std::function<void()> before_cut;  // called once the server has done its part
  };

  // Forwards to the server of `url` (postgres://user:password@host:port/...).
  explicit CommitCutter(const std::string& url);
  ~CommitCutter();
  CommitCutter(const CommitCutter&) = delete;
  CommitCutter& operator=(const CommitCutter&) = delete;

  // The same database by way of the cutter, without encryption.
  std::string url() const { return url_; }

  // The commit of a batch.
  static Rule AtCommit(Cut cut) { return {std::string("COMMIT\0", 7), cut, {}}; }
  // The question whether a commit happened.
  static Rule AtQuestion(Cut cut) { return {std::string("\0claim_batch\0", 13), cut, {}}; }

  // Rules are used in turn, each once.
  void Add(Rule rule);
  // After the next cut so many connections are closed as soon as they are made.
  void RefuseAfterCut(int connections) { refuse_after_cut_ = connections; }
  int refused() const { return refused_; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    std::string answer;  // collected while a rule waits for it to be whole
    std::function<void(Pair&)> answered;
  };

  void Run();
  void Accept();
  bool FromClient(Pair& pair);
  bool FromServer(Pair& pair);
  void CutOff(Pair& pair);
  void Close(Pair& pair) const;

  std::string host_;
  int server_port_ = 0;
  std::string url_;
  int listener_ = -1;
  int wake_ = -1;
  std::atomic<bool> stop_ = false;
  std::atomic<int> refuse_after_cut_ = 0;
  std::atomic<int> refused_ = 0;
  int to_refuse_ = 0;      // the thread's own
  std::list<Pair> pairs_;  // the thread's own
  std::mutex mutex_;
  std::deque<Rule> rules_;  // guarded by mutex_
  std::thread thread_;
};

// For the names of tests.
inline std::string CutName(CommitCutter::Cut cut) {
  switch (cut) {
    case CommitCutter::Cut::kLoseAnswer:
      return "AnswerLost";
    case CommitCutter::Cut::kSwallow:
      return "NeverArrived";
    case CommitCutter::Cut::kLeaveAtOnce:
      return "LeftAtOnce";
    case CommitCutter::Cut::kAnswerUnknown:
      return "PoolerDoesNotKnow";
  }
  return "";
}

}  // namespace logistics::storage
