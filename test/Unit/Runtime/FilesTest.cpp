//===- FilesTest.cpp - What is written, and what damaged files do --------===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/NewFile.h"
#include "test/Unit/Runtime/FakeModel.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <linux/capability.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <vector>

using namespace symc;

namespace {
struct FilesTest : testing::Test {
  symc_instance *instance = nullptr;
  std::string folder;

  void SetUp() override {
    std::string name = testing::TempDir() + "symc-files-XXXXXX";
    folder = mkdtemp(name.data());
    ASSERT_EQ(symc_rt_create(&fake::program.model, nullptr, &instance), SYMC_OK) << symc_rt_error(nullptr);
  }
  void TearDown() override {
    symc_rt_destroy(instance);
    std::system(("rm -rf " + folder).c_str());
  }
  std::string path(const std::string &name) { return folder + "/" + name; }
  std::string read(const std::string &name) {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string &name, const std::string &bytes) {
    std::ofstream(path(name), std::ios::binary) << bytes;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    DIR *directory = opendir(folder.c_str());
    while (dirent *entry = readdir(directory))
      if (std::string name = entry->d_name; name != "." && name != "..")
        all.push_back(name);
    closedir(directory);
    std::sort(all.begin(), all.end());
    return all;
  }
  mode_t mode(const std::string &name) {
    struct stat status;
    return stat(path(name).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }
  symc_status save(const std::string &name) { return symc_rt_save_state(instance, path(name).c_str(), "n"); }
  symc_status load(const std::string &name) { return symc_rt_load_state(instance, path(name).c_str(), nullptr); }
  symc_status load(const char *name, const std::string &bytes) {
    write(name, bytes);
    return load(name);
  }
  std::string error() { return symc_rt_error(instance); }
  /// All that a state holds.
  std::string state() {
    std::string all = std::to_string(instance->step) + " " + std::to_string(instance->seed);
    for (int32_t i = 0; i < fake::program.slot_count; ++i)
      all.append(static_cast<char *>(instance->slots[i]), static_cast<size_t>(fake::slots[i].count) * 4);
    return all;
  }
  /// A safetensors file with the digits of a checksum that are right.
  std::string sealed(std::string header, const std::string &data) {
    size_t digits = header.find("symc.checksum\":\"");
    digits = digits == header.npos ? digits : digits + 16;
    for (int i = 0; i < 8; ++i)
      header.insert(header.begin() + i, static_cast<char>((header.size() - i) >> (8 * i)));
    if (digits != header.npos) {
      header.replace(digits + 8, 16, 16, '0');
      symc::Hash hash;
      hash.add(header.data(), header.size());
      hash.add(data.data(), data.size());
      header.replace(digits + 8, 16, symc::rt::ChecksumText(hash.value()).text);
    }
    return header + data;
  }
};

TEST_F(FilesTest, HashKnownAnswers) {
  auto hashOf = [](const std::string &text, size_t piece) {
    symc::Hash hash;
    for (size_t i = 0; i < text.size(); i += piece)
      hash.add(text.data() + i, std::min(piece, text.size() - i));
    return hash.value();
  };
  EXPECT_EQ(hashOf("", 1), 0xEF46DB3751D8E999u);
  EXPECT_EQ(hashOf("a", 1), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(hashOf("abc", 1), 0x44BC2CF5AD770999u);
  for (size_t piece : {1, 7, 32, 33, 1000})
    EXPECT_EQ(hashOf("Call me Ishmael. Some years ago--never mind how long precisely-", piece), 0x02A2E85470D6FD96u);
}

TEST_F(FilesTest, FilesKeepTheirModeAndTheirNeighbours) {
  write("w", "old");
  write("w.tmp", "mine");
  chmod(path("w").c_str(), 0640);
  ASSERT_EQ(save("w"), SYMC_OK) << error();
  EXPECT_EQ(mode("w"), 0640u);
  EXPECT_EQ(read("w.tmp"), "mine");
  mode_t mask = umask(027);
  ASSERT_EQ(save("new"), SYMC_OK) << error();
  umask(mask);
  EXPECT_EQ(mode("new"), 0640u);
  ASSERT_EQ(symc_rt_save_parameters(instance, path("w").c_str()), SYMC_OK) << error();
  EXPECT_EQ(mode("w"), 0640u);
  EXPECT_EQ(names(), (std::vector<std::string>{"new", "w", "w.tmp"}));
}

/// What the compiler writes: programs among it, never into a pipe, and without a name until it is complete.
TEST_F(FilesTest, FilesThatReplaceAName) {
  write("old", "old");
  chmod(path("old").c_str(), 0640);
  mkfifo(path("fifo").c_str(), 0600);
  NewFile made, replaced, left, pipe;
  mode_t mask = umask(027);
  ASSERT_TRUE(made.openFile(path("made").c_str(), 0777));
  umask(mask);
  ASSERT_TRUE(replaced.openFile(path("old").c_str(), 0777));
  ASSERT_TRUE(left.openFile(path("left").c_str(), 0666));
  EXPECT_FALSE(pipe.openFile(path("fifo").c_str(), 0666));
  EXPECT_EQ(errno, ENOTSUP);
  for (NewFile *file : {&made, &replaced, &left})
    ASSERT_TRUE(file->write("new", 3));
  EXPECT_EQ(read("old"), "old");
  EXPECT_TRUE(made.commit(/*waitForDisk=*/false));
  EXPECT_TRUE(replaced.commit(/*waitForDisk=*/false));
  left.discard();
  EXPECT_EQ(read("made") + read("old"), "newnew");
  EXPECT_EQ(mode("made"), 0750u);
  EXPECT_EQ(mode("old"), 0640u);
  EXPECT_EQ(names(), (std::vector<std::string>{"fifo", "made", "old"}));
}

TEST_F(FilesTest, SymbolicLinksStay) {
  mkdir(path("d").c_str(), 0777);
  write("d/w", "old");
  ASSERT_EQ(symlink("d/w", path("relative").c_str()), 0);
  ASSERT_EQ(symlink((folder + "/relative").c_str(), path("second").c_str()), 0);
  ASSERT_EQ(symlink("../made", path("d/dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", path("loop").c_str()), 0);
  ASSERT_EQ(save("second"), SYMC_OK) << error();
  EXPECT_EQ(load("d/w"), SYMC_OK) << error();
  ASSERT_EQ(save("d/dangling"), SYMC_OK) << error();
  EXPECT_EQ(load("made"), SYMC_OK) << error();
  EXPECT_EQ(save("loop"), SYMC_IO_ERROR);
  for (const char *link : {"relative", "second", "d/dangling", "loop"}) {
    struct stat status;
    EXPECT_TRUE(lstat(path(link).c_str(), &status) == 0 && S_ISLNK(status.st_mode)) << link;
  }
  EXPECT_EQ(names(), (std::vector<std::string>{"d", "loop", "made", "relative", "second"}));
}

TEST_F(FilesTest, WhatIsNoFileIsAStatus) {
  mkfifo(path("fifo").c_str(), 0600);
  int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof(address.sun_path), "%s", path("socket").c_str());
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
  std::string before = state();
  for (const std::string &odd :
       {path("fifo"), path("socket"), folder, std::string("/dev/full"), std::string(""), path("no/such/folder"),
        folder + "/" + std::string(300, 'x'), std::string(5000, 'x')}) {
    EXPECT_EQ(symc_rt_save_state(instance, odd.c_str(), nullptr), SYMC_IO_ERROR) << odd;
    EXPECT_NE(error(), "");
    EXPECT_EQ(symc_rt_save_parameters(instance, odd.c_str()), SYMC_IO_ERROR) << odd;
    EXPECT_EQ(symc_rt_load_state(instance, odd.c_str(), nullptr), SYMC_IO_ERROR) << odd;
    EXPECT_EQ(symc_rt_load_parameters(instance, odd.c_str()), SYMC_IO_ERROR) << odd;
    EXPECT_EQ(symc_rt_load_parameters_subset(instance, odd.c_str()), SYMC_IO_ERROR) << odd;
  }
  EXPECT_EQ(symc_rt_load_state(instance, path("fifo").c_str(), nullptr), SYMC_IO_ERROR);
  EXPECT_EQ(error(), "cannot read " + path("fifo") + ": it is no regular file");
  EXPECT_EQ(save("fifo"), SYMC_IO_ERROR);
  EXPECT_EQ(error(), "cannot create " + path("fifo") + ": it is a pipe that nobody reads, or a socket");
  EXPECT_EQ(symc_rt_load_parameters(instance, folder.c_str()), SYMC_IO_ERROR);
  EXPECT_EQ(error(), "cannot read " + folder + ": it is a directory");
  EXPECT_EQ(state(), before);
  close(socket);
  EXPECT_EQ(names(), (std::vector<std::string>{"fifo", "socket"}));
}

/// Neither a reader that goes away nor a limit on file sizes ends the process.
TEST_F(FilesTest, WritingRaisesNoSignals) {
  mkfifo(path("fifo").c_str(), 0600);
  pid_t child = fork();
  if (child == 0) {
    int reader = open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK);
    NewFile pipe;
    int failed = !pipe.open(path("fifo").c_str());
    close(reader);
    failed |= pipe.write("x", 1) || errno != EPIPE;
    rlimit limit = {0, 0};
    setrlimit(RLIMIT_FSIZE, &limit);
    failed |= (save("w") != SYMC_IO_ERROR) << 1 | (error().find("File too large") == std::string::npos) << 2;
    sigset_t pending;
    sigpending(&pending);
    failed |= sigismember(&pending, SIGPIPE) << 3 | sigismember(&pending, SIGXFSZ) << 4;
    _exit(failed);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(names(), std::vector<std::string>{"fifo"});
}

/// Who may not write to a file may not replace it.
TEST_F(FilesTest, ReadOnlyFilesStay) {
  write("w", "old");
  chmod(path("w").c_str(), 0444);
  chmod(folder.c_str(), 0777);
  pid_t child = fork();
  if (child == 0) {
    // Root may, as long as it has its capabilities.
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0)
      _exit(2);
    bool refused = save("w") == SYMC_IO_ERROR && error().find("Permission denied") != std::string::npos;
    _exit(refused && save("new") == SYMC_OK ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << error();
  EXPECT_EQ(read("w"), "old");
}

/// The next writer removes what a killed one left, and nothing else.
TEST_F(FilesTest, LeftoversGo) {
  TemporaryName name;
  ASSERT_TRUE(name.draw(path("w").c_str()));
  std::string dead = name.path, other;
  std::ofstream(dead) << "half";
  ASSERT_TRUE(name.draw(path("v").c_str()));
  std::ofstream(other = name.path) << "half"; // of another file's writer
  ASSERT_TRUE(name.draw(path("w").c_str()));
  std::string alive = name.path;
  int writer = open(alive.c_str(), O_CREAT | O_WRONLY, 0666);
  flock(writer, LOCK_EX);
  for (const char *mine : {".w.symc", ".w.0123456789abcde.symc", "w.0123456789abcdef.symc", ".w.0123456789abcdef.tmp"})
    write(mine, "mine");
  ASSERT_EQ(save("w"), SYMC_OK) << error();
  EXPECT_NE(access(dead.c_str(), F_OK), 0);
  EXPECT_EQ(access(other.c_str(), F_OK), 0);
  EXPECT_EQ(access(alive.c_str(), F_OK), 0);
  EXPECT_EQ(names().size(), 7u);
  close(writer);
  ASSERT_EQ(save("w"), SYMC_OK) << error();
  EXPECT_EQ(names().size(), 6u);
}

/// A flipped bit anywhere is found, and nothing changes.
TEST_F(FilesTest, DamagedStatesAreRefused) {
  instance->step = 7;
  ASSERT_EQ(save("c"), SYMC_OK) << error();
  std::string good = read("c");
  ASSERT_EQ(symc_rt_initialize(instance, 5), SYMC_OK);
  instance->step = 1;
  std::string before = state();
  int file = open(path("c").c_str(), O_WRONLY);
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    char flipped = static_cast<char>(good[bit / 8] ^ 1 << bit % 8);
    ASSERT_EQ(pwrite(file, &flipped, 1, static_cast<off_t>(bit / 8)), 1);
    ASSERT_NE(load("c"), SYMC_OK) << bit;
    ASSERT_EQ(state(), before) << bit;
    ASSERT_EQ(pwrite(file, &good[bit / 8], 1, static_cast<off_t>(bit / 8)), 1);
  }
  close(file);
  std::string bad = good;
  bad[bad.size() - 3] ^= 1;
  EXPECT_EQ(load("bad", bad), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("does not match its checksum"), std::string::npos) << error();
  // Whoever reads it.
  EXPECT_EQ(symc_rt_load_parameters_subset(instance, path("bad").c_str()), SYMC_INVALID_ARGUMENT);
  EXPECT_EQ(state(), before);
  EXPECT_EQ(load("bad", good), SYMC_OK) << error();
  EXPECT_EQ(instance->step, 7);
}

TEST_F(FilesTest, MetadataOfAStateIsExact) {
  ASSERT_EQ(save("c"), SYMC_OK) << error();
  std::string good = read("c");
  size_t size = static_cast<unsigned char>(good[0]) | static_cast<unsigned char>(good[1]) << 8;
  std::string header = good.substr(8, size), data = good.substr(8 + size);
  EXPECT_EQ(sealed(header, data), good);
  std::string before = state();
  auto changed = [&](const std::string &from, const std::string &to) {
    std::string text = header;
    size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    text.replace(at, from.size(), to);
    EXPECT_NE(load("bad", sealed(text, data)), SYMC_OK) << from << " " << to;
    EXPECT_EQ(state(), before);
    return error().substr(error().find(' ') + 1);
  };
  EXPECT_EQ(changed("symc.step", "symc.stpe"), "has the unknown metadata key 'symc.stpe' and lacks 'symc.step'");
  EXPECT_EQ(changed("symc.step", "symc.Seed"), "has the unknown metadata key 'symc.Seed' and lacks 'symc.step'");
  EXPECT_EQ(changed(",\"symc.step\":\"0\"", ""), "lacks the metadata key 'symc.step'");
  EXPECT_EQ(changed("\"symc.step\":", "\"more\":\"\",\"symc.step\":"), "has the unknown metadata key 'more'");
  EXPECT_NE(changed("symc.step", "symc.seed").find("'symc.seed' is there twice"), std::string::npos);
  EXPECT_EQ(changed("\"symc.step\":\"0\"", "\"symc.step\":\"0x\""), "has no valid step and seed");
  EXPECT_EQ(changed("\"symc.step\":\"0\"", "\"symc.step\":\"-1\""), "has no valid step and seed");
  EXPECT_EQ(changed("symc.checksum\"", "symc.checksun\""),
            "has the unknown metadata key 'symc.checksun' and lacks 'symc.checksum'");
  size_t checksum = header.find("\"symc.checksum\"");
  EXPECT_EQ(changed(header.substr(checksum, 35), "").substr(0, 36), "lacks the metadata key 'symc.checksu");
  EXPECT_NE(changed("\"symc.checksum\":\"", "\"symc.checksum\": \"").find("does not match"), std::string::npos);
  EXPECT_EQ(changed("\"__metadata__\"", "\"__metadata__\":{},\"x\"").find("checkpoint"), std::string::npos);
}

/// Weights made elsewhere have no checksum, and any metadata.
TEST_F(FilesTest, WeightsOfOthersAreRead) {
  ASSERT_EQ(symc_rt_save_parameters(instance, path("w").c_str()), SYMC_OK);
  std::string good = read("w");
  size_t size = static_cast<unsigned char>(good[0]);
  std::string header = "{\"__metadata__\":{\"format\":\"pt\"}," + good.substr(9, size - 1);
  write("other", sealed(header, good.substr(8 + size)));
  EXPECT_EQ(symc_rt_load_parameters(instance, path("other").c_str()), SYMC_OK) << error();
  EXPECT_EQ(load("other"), SYMC_INVALID_ARGUMENT);
  EXPECT_NE(error().find("no checkpoint"), std::string::npos) << error();
}
} // namespace
