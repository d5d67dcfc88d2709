//===- DependencyOrder.h - What must come before what -------------*- C++ -*-===//
//
// Part of symc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef SYMC_FRONTEND_DEPENDENCYORDER_H
#define SYMC_FRONTEND_DEPENDENCYORDER_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace symc {

/// `order` lists all nodes so that what a node depends on comes before it, except within a cycle; `cycles` has one
/// cycle of each set of nodes that depend on each other, beginning with its first node; `inCycle` marks all of the set.
struct DependencyOrder {
  std::vector<uint32_t> order;
  std::vector<std::vector<uint32_t>> cycles;
  std::vector<bool> inCycle;
};

/// A cycle through `first` among the nodes that `inCycle` marks; breadth first, so that it is a shortest one.
inline std::vector<uint32_t> shortestCycle(const std::vector<std::vector<uint32_t>> &dependencies,
                                           const std::vector<bool> &inCycle, uint32_t first) {
  std::vector<uint32_t> queue{first};
  std::vector<std::pair<uint32_t, uint32_t>> from; // node, predecessor; sorted at the end only
  std::vector<bool> seen(inCycle.size());
  for (size_t at = 0; at < queue.size(); ++at)
    for (uint32_t next : dependencies[queue[at]]) {
      if (next == first) {
        std::vector<uint32_t> cycle;
        std::sort(from.begin(), from.end());
        for (uint32_t node = queue[at]; node != first;) {
          cycle.push_back(node);
          node = std::lower_bound(from.begin(), from.end(), std::pair(node, 0u))->second;
        }
        cycle.push_back(first);
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (inCycle[next] && !seen[next]) {
        seen[next] = true;
        from.push_back({next, queue[at]});
        queue.push_back(next);
      }
    }
  return {first};
}

/// Tarjan's algorithm with a stack of its own: chains may be a million nodes deep.
inline DependencyOrder orderByDependencies(const std::vector<std::vector<uint32_t>> &dependencies) {
  constexpr uint32_t unseen = UINT32_MAX;
  uint32_t count = uint32_t(dependencies.size()), time = 0;
  DependencyOrder out;
  out.inCycle.resize(count);
  std::vector<uint32_t> found(count, unseen), low(count), component;
  std::vector<bool> open(count);
  struct Frame {
    uint32_t node, next;
  };
  std::vector<Frame> stack;
  auto visit = [&](uint32_t node) {
    found[node] = low[node] = time++;
    component.push_back(node);
    open[node] = true;
    stack.push_back({node, 0});
  };
  for (uint32_t root = 0; root < count; ++root) {
    if (found[root] != unseen)
      continue;
    visit(root);
    while (!stack.empty()) {
      auto &[node, next] = stack.back();
      if (next < dependencies[node].size()) {
        uint32_t other = dependencies[node][next++];
        if (found[other] == unseen)
          visit(other);
        else if (open[other])
          low[node] = std::min(low[node], found[other]);
        continue;
      }
      uint32_t done = node;
      stack.pop_back();
      if (!stack.empty())
        low[stack.back().node] = std::min(low[stack.back().node], low[done]);
      if (low[done] != found[done])
        continue;
      size_t begin = component.size();
      while (component[--begin] != done)
        ;
      bool self = std::find(dependencies[done].begin(), dependencies[done].end(), done) != dependencies[done].end();
      bool cycle = component.size() - begin > 1 || self;
      uint32_t first = done;
      for (size_t i = begin; i < component.size(); ++i) {
        open[component[i]] = false;
        out.inCycle[component[i]] = cycle;
        first = std::min(first, component[i]);
        out.order.push_back(component[i]);
      }
      component.resize(begin);
      if (cycle && out.cycles.size() < 100)
        out.cycles.push_back(shortestCycle(dependencies, out.inCycle, first));
    }
  }
  return out;
}

} // namespace symc

#endif // SYMC_FRONTEND_DEPENDENCYORDER_H
