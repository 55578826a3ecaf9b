/// The windows before the steps of a grid: behind their start, up to and with their end. Nanoseconds since 1970.
struct Windows: Sendable {
    let firstEnd: Int64
    let step: Int64
    let length: Int64
    let count: Int

    init(_ grid: StepGrid, _ range: LogRange) {
        // Ranges and offsets of more than 70 years cover all that is stored.
        let most: Int64 = 2_200_000_000_000_000_000
        length = Swift.min(range.intervalNanoseconds, most)
        firstEnd = grid.start - Swift.min(Swift.max(range.offsetNanoseconds, -most), most)
        step = grid.step
        count = grid.count
    }

    /// The first time that is in any of them.
    var start: Int64 { firstEnd - length + 1 }

    /// The first time behind all of them.
    var end: Int64 { end(count - 1) + 1 }

    func end(_ index: Int) -> Int64 { firstEnd + Int64(index) * step }
}
