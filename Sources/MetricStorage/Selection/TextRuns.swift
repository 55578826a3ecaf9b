/// Texts gathered from several indexes, told apart and ordered by their bytes, as Swift's strings are not.
struct TextRuns {
    private var bytes: [UInt8] = []
    private var runs: [Range<Int>] = []

    init() {}

    mutating func append(_ text: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: text)
        runs.append(start..<bytes.count)
    }

    /// The first texts in the order of their bytes, each once.
    func sorted(limit: Int) -> [String] {
        bytes.withUnsafeBytes { raw in
            var texts: [String] = []
            var latest: Range<Int>?
            for run in order(raw) {
                if let latest, compare(latest, run, raw) == 0 { continue }
                if texts.count == limit { return texts }
                texts.append(String(decoding: raw[run], as: UTF8.self))
                latest = run
            }
            return texts
        }
    }

    private func order(_ raw: UnsafeRawBufferPointer) -> [Range<Int>] {
        // What one index alone gives is in order already.
        for index in runs.indices.dropFirst() where compare(runs[index - 1], runs[index], raw) > 0 {
            return runs.sorted { compare($0, $1, raw) < 0 }
        }
        return runs
    }

    private func compare(_ left: Range<Int>, _ right: Range<Int>, _ raw: UnsafeRawBufferPointer) -> Int {
        guard let base = raw.baseAddress else { return 0 }
        let order = compareBytes(base + left.lowerBound, base + right.lowerBound, min(left.count, right.count))
        return order != 0 ? Int(order) : left.count - right.count
    }
}
