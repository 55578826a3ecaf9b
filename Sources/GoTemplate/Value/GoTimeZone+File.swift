extension GoTimeZone {
    /// Reads a file of the time zone database (TZif, RFC 9636), of which the offsets and their times count; nil where it is none.
    ///
    /// Changes beyond the last that the file names follow the rule in its last line, up to the year 2137.
    public init?(name: String, file: [UInt8]) {
        guard let first = TimeZoneHeader(file, at: 0) else { return nil }
        // From version 2 on, the same data follows once more with 64-bit times.
        var header = first
        if first.version >= 2 {
            guard let second = TimeZoneHeader(file, at: first.end(timeSize: 4)) else { return nil }
            header = second
        }
        let timeSize = first.version >= 2 ? 8 : 4
        guard header.end(timeSize: timeSize) <= file.count, header.typeCount > 0 else { return nil }
        let times = header.start
        let indices = times + header.timeCount * timeSize
        let types = indices + header.timeCount
        let names = types + header.typeCount * 6
        func period(_ type: Int, from start: Int64) -> Period? {
            guard type < header.typeCount else { return nil }
            let place = types + type * 6
            let offset = Int32(truncatingIfNeeded: TimeZoneHeader.number(file, place, 4))
            let nameStart = names + Int(file[place + 5])
            guard nameStart < names + header.nameBytes else { return nil }
            let letters = file[nameStart..<names + header.nameBytes].prefix { $0 != 0 }
            return Period(start: start, offsetSeconds: Int(offset), abbreviation: String(decoding: letters, as: UTF8.self))
        }
        guard let earliest = period(0, from: .min) else { return nil }
        var periods = [earliest]
        for index in 0..<header.timeCount {
            let place = times + index * timeSize
            let start =
                timeSize == 8
                ? TimeZoneHeader.number(file, place, 8) : Int64(Int32(truncatingIfNeeded: TimeZoneHeader.number(file, place, 4)))
            guard let period = period(Int(file[indices + index]), from: start), start >= periods[periods.count - 1].start else {
                return nil
            }
            periods.append(period)
        }
        if first.version >= 2, let rule = TimeZoneRule(file[header.end(timeSize: timeSize)...].dropFirst().prefix { $0 != 0x0a }) {
            periods += GoTimeZone.periods(after: periods[periods.count - 1], by: rule)
        }
        self.init(name: name, periods: periods)
    }
}

/// How much of what a part of the file has.
private struct TimeZoneHeader {
    let start: Int
    /// 1, 2 and so on.
    let version: Int
    let utcCount: Int
    let standardCount: Int
    let leapCount: Int
    let timeCount: Int
    let typeCount: Int
    let nameBytes: Int

    init?(_ file: [UInt8], at position: Int) {
        guard position >= 0, position + 44 <= file.count, file[position...].starts(with: "TZif".utf8) else { return nil }
        start = position + 44
        version = file[position + 4] == 0 ? 1 : Int(file[position + 4]) - 0x30
        let counts = (0..<6).map { Int(TimeZoneHeader.number(file, position + 20 + $0 * 4, 4)) }
        guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
        (utcCount, standardCount, leapCount) = (counts[0], counts[1], counts[2])
        (timeCount, typeCount, nameBytes) = (counts[3], counts[4], counts[5])
    }

    func end(timeSize: Int) -> Int {
        start + timeCount * (timeSize + 1) + typeCount * 6 + nameBytes + leapCount * (timeSize + 4) + standardCount + utcCount
    }

    /// A number of so many bytes, the most significant first.
    static func number(_ file: [UInt8], _ position: Int, _ size: Int) -> Int64 {
        file[position..<position + size].reduce(Int64(0)) { $0 << 8 | Int64($1) }
    }
}
