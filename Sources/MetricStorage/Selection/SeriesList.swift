/// Set operations on sorted lists of series numbers without doubles.
enum SeriesList {
    /// What is in both. O(shorter · log longer) where one is much shorter.
    static func intersection(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        var result: [UInt32] = []
        result.reserveCapacity(short.count)
        if short.count * 16 < long.count {
            var low = 0
            for series in short {
                low = firstIndex(notBelow: series, in: long, from: low)
                if low == long.count { break }
                if long[low] == series { result.append(series) }
            }
            return result
        }
        var other = 0
        for series in short {
            while other < long.count, long[other] < series { other += 1 }
            if other == long.count { break }
            if long[other] == series { result.append(series) }
        }
        return result
    }

    /// Whether anything is in both. O(shorter · log longer) at most.
    static func overlap(_ left: ArraySlice<UInt32>, _ right: [UInt32]) -> Bool {
        guard let first = left.first, let last = left.last else { return false }
        var low = partitionIndex(right, first)
        let high = low < right.count ? partitionIndex(right, last == .max ? last : last + 1) : low
        if high - low > left.count {
            return left.contains { series in
                let index = partitionIndex(right, series)
                return index < right.count && right[index] == series
            }
        }
        var position = left.startIndex
        while low < high {
            while position < left.endIndex, left[position] < right[low] { position += 1 }
            if position == left.endIndex { return false }
            if left[position] == right[low] { return true }
            low += 1
        }
        return false
    }

    /// The first index of what is not below a number.
    private static func partitionIndex(_ list: [UInt32], _ series: UInt32) -> Int {
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < series { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What is in `left` and not in `right`.
    static func subtraction(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        guard !right.isEmpty else { return left }
        var result: [UInt32] = []
        result.reserveCapacity(left.count)
        var other = 0
        for series in left {
            while other < right.count, right[other] < series { other += 1 }
            if other == right.count || right[other] != series { result.append(series) }
        }
        return result
    }

    /// Sorts and removes doubles.
    static func normalized(_ list: [UInt32]) -> [UInt32] {
        var isSorted = true
        for index in list.indices.dropFirst() where list[index] <= list[index - 1] {
            isSorted = false
            break
        }
        if isSorted { return list }
        var result = list.sorted()
        var kept = 0
        for index in result.indices where index == 0 || result[index] != result[kept - 1] {
            result[kept] = result[index]
            kept += 1
        }
        result.removeSubrange(kept...)
        return result
    }

    private static func firstIndex(notBelow series: UInt32, in list: [UInt32], from start: Int) -> Int {
        var step = 1
        var low = start
        while low + step < list.count, list[low + step] < series {
            low += step
            step *= 2
        }
        var high = min(low + step + 1, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < series { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
