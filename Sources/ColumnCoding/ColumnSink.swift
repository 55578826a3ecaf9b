/// Where the parts of encoded columns are gathered, parts of one nature together, so that each compresses well.
struct ColumnSink {
    /// The number of lanes: pairs of bits, half bytes, and whole bytes of little and of much variety.
    static let laneCount = 4

    /// What describes the columns.
    var head: [UInt8] = []
    /// The upper parts of residuals, which compress further, by lane.
    var lanes: [[UInt8]] = Array(repeating: [], count: laneCount)
    /// The lower bits of residuals, which are noise.
    var raw: [UInt8] = []

    var count: Int { head.count + raw.count + lanes.reduce(0) { $0 + $1.count } }

    /// Appends all parts one behind the other; a column that stands alone is stored so.
    func append(to output: inout [UInt8]) {
        output += head
        for lane in lanes { output += lane }
        output += raw
    }

    mutating func removeAll() {
        head.removeAll(keepingCapacity: true)
        for lane in lanes.indices { lanes[lane].removeAll(keepingCapacity: true) }
        raw.removeAll(keepingCapacity: true)
    }
}
