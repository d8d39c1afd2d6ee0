#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace paddock::simulation {

/// A queue that keeps its memory: std::deque gives blocks back and takes new ones as it moves
/// along, which costs more than what a message does.
template <typename T>
class ring {
public:
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }
    T& front() noexcept { return at(0); }
    T& back() noexcept { return at(size_ - 1); }
    T& operator[](std::size_t index) noexcept { return at(index); }
    const T& operator[](std::size_t index) const noexcept
    {
        return places_[(first_ + index) & (places_.size() - 1)];
    }

    void push_back(T&& value)
    {
        if (size_ == places_.size())
            grow();
        ++size_;
        back() = std::move(value);
    }
    /// What is left in the place is what a move leaves: nothing of size.
    T take_front()
    {
        T value = std::move(front());
        first_ = (first_ + 1) & (places_.size() - 1);
        --size_;
        return value;
    }
    void pop_back()
    {
        back() = T{};
        --size_;
    }
    void clear()
    {
        while (!empty())
            pop_back();
    }

private:
    T& at(std::size_t index) noexcept { return places_[(first_ + index) & (places_.size() - 1)]; }

    void grow()
    {
        std::vector<T> larger(places_.empty() ? 2 : places_.size() * 2);
        for (std::size_t i = 0; i < size_; ++i)
            larger[i] = std::move(at(i));
        places_ = std::move(larger);
        first_ = 0;
    }

    std::vector<T> places_; // as many as a power of two
    std::size_t first_{0};
    std::size_t size_{0};
};

} // namespace paddock::simulation
