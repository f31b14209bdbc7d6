#pragma once

#include <barrier>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include <ATen/ATen.h>

#include "training/collective.h"

namespace mcj::test {

/// Processes that are threads of one: what they exchange lies in slots, behind a barrier.
class ThreadGroup {
public:
    explicit ThreadGroup(int size) : slots(static_cast<std::size_t>(size)), barrier(size) {}
    std::vector<at::Tensor> slots;
    std::barrier<> barrier;
};

class ThreadCollective final : public Collective {
public:
    ThreadCollective(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}
    [[nodiscard]] int rank() const override { return rank_; }
    [[nodiscard]] int size() const override { return static_cast<int>(group_.slots.size()); }
    void allReduceSum(at::Tensor& tensor) override {
        const auto all = exchange(tensor);
        tensor.copy_(at::stack(all).sum(0));
    }
    [[nodiscard]] at::Tensor allGather(const at::Tensor& rows) override {
        return at::cat(exchange(rows), 0);
    }
    void broadcast(at::Tensor& tensor) override { tensor.copy_(exchange(tensor)[0]); }

private:
    std::vector<at::Tensor> exchange(const at::Tensor& mine) {
        group_.slots[static_cast<std::size_t>(rank_)] = mine.detach().clone();
        group_.barrier.arrive_and_wait();
        auto all = group_.slots;
        group_.barrier.arrive_and_wait();  // nobody writes before all have read
        return all;
    }
    ThreadGroup& group_;
    int rank_;
};

/// Runs `work` once a rank, each in a thread; rethrows what one of them threw.
inline void runRanks(int size, const std::function<void(Collective&)>& work) {
    ThreadGroup group(size);
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
    {
        std::vector<std::jthread> threads;
        for (int rank = 0; rank < size; ++rank) {
            threads.emplace_back([&, rank] {
                try {
                    ThreadCollective collective(group, rank);
                    work(collective);
                } catch (...) {
                    errors[static_cast<std::size_t>(rank)] = std::current_exception();
                    group.barrier.arrive_and_drop();  // the others must not wait for ever
                }
            });
        }
    }
    for (const auto& error : errors) {
        if (error) std::rethrow_exception(error);
    }
}

}  // namespace mcj::test
