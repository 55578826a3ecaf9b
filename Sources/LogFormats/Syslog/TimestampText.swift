internal import CivilCalendar

/// The present, and a place's time: what a time without a year or a zone is understood by.
public struct SyslogClock: Sendable {
    /// Nanoseconds since 1970.
    public var now: Int64
    /// Seconds east of UTC at a local time, which is given in seconds from 1970 as if it were UTC.
    public var offset: @Sendable (_ local: Int) -> Int

    public init(now: Int64, offset: @escaping @Sendable (_ local: Int) -> Int = { _ in 0 }) {
        self.now = now
        self.offset = offset
    }
}

/// Times as lines of logs begin with them.
enum TimestampText {
    /// A time as it is written.
    struct Reading {
        /// Seconds from 1970 of date and time as if they were UTC.
        var local: Int
        var nanosecond: Int
        /// Seconds east of UTC; nil where no zone is written.
        var offset: Int?

        /// Nanoseconds since 1970; nil for a time that does not fit.
        func nanoseconds(offset: Int) -> Int64? {
            let (product, overflowed) = Int64(local - offset).multipliedReportingOverflow(by: 1_000_000_000)
            let (sum, overflowedAgain) = product.addingReportingOverflow(Int64(nanosecond))
            return overflowed || overflowedAgain ? nil : sum
        }
    }

    /// Reads a time of either form and places it by the clock where year or zone are missing; the cursor stays where there is no time.
    static func moment(_ cursor: inout TextCursor, _ clock: SyslogClock) -> Int64? {
        if let reading = read(&cursor) { return reading.nanoseconds(offset: reading.offset ?? clock.offset(reading.local)) }
        return traditional(&cursor, clock)
    }

    /// Reads `2026-11-22T23:05:24.5+01:00`; also with a space for the `T`, `+0100`, and without a zone. The cursor stays where there is no such time.
    static func read(_ cursor: inout TextCursor) -> Reading? {
        var ahead = cursor
        guard let year = ahead.number(digits: 4), ahead.take("-"), let month = ahead.number(digits: 2), ahead.take("-"),
            let day = ahead.number(digits: 2), let date = CivilDate(year: year, month: month, day: day),
            ahead.take("T") || ahead.take("t") || ahead.take(" "), let (second, nanosecond) = clockTime(&ahead)
        else { return nil }
        var reading = Reading(local: date.daysSince1970 * 86_400 + second, nanosecond: nanosecond)
        reading.offset = zone(&ahead)
        cursor = ahead
        return reading
    }

    /// Reads `Nov 22 23:05:24`, with spaces or zeros in front of the day, and with a year, a fraction and `UTC` where they are sent.
    private static func traditional(_ cursor: inout TextCursor, _ clock: SyslogClock) -> Int64? {
        var ahead = cursor
        let name = ahead.takeWhile(max: 3) { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7a }
        guard let month = months.firstIndex(where: { $0.elementsEqual(ahead.bytes[name].map { $0 | 0x20 }) }), ahead.take(" ") else {
            return nil
        }
        ahead.skipBlanks()
        guard let day = ahead.number(digitsMax: 2), ahead.take(" ") else { return nil }
        ahead.skipBlanks()
        var withYear = ahead
        var year: Int?
        if let written = withYear.number(digits: 4), withYear.take(" ") {
            year = written
            ahead = withYear
            ahead.skipBlanks()
        }
        guard let (second, nanosecond) = clockTime(&ahead) else { return nil }
        // Of zones by name only that of UTC is sure: IST is three of them.
        var isUTC = false
        var withZone = ahead
        if withZone.take(" ") {
            let zone = withZone.takeWhile(max: 5) { $0 >= 0x41 && $0 <= 0x5a }
            let isZone = zone.count >= 3 && zone.count <= 4 && withZone.peek == UInt8(ascii: ":")
            if isZone {
                isUTC = ["UTC", "GMT"].contains { $0.utf8.elementsEqual(withZone.bytes[zone]) }
                ahead = withZone
            }
        }
        // Some write the year behind the time.
        var behind = ahead
        if year == nil, behind.take(" "), let written = behind.number(digits: 4), (1970...2200).contains(written), behind.peek == 0x20 {
            year = written
            ahead = behind
        }
        func moment(in year: Int) -> Int64? {
            guard let date = CivilDate(year: year, month: month + 1, day: day) else { return nil }
            let reading = Reading(local: date.daysSince1970 * 86_400 + second, nanosecond: nanosecond)
            return reading.nanoseconds(offset: isUTC ? 0 : clock.offset(reading.local))
        }
        let found: Int64?
        if let year {
            found = moment(in: year)
        } else {
            let present = CivilTime(nanoseconds: clock.now).date.year
            // Four years on either side, since the 29th of February is not in every year.
            found = (present - 4...present + 4).compactMap(moment(in:)).min { distance($0, clock.now) < distance($1, clock.now) }
        }
        if found != nil { cursor = ahead }
        return found
    }

    private static func distance(_ left: Int64, _ right: Int64) -> UInt64 {
        left > right ? UInt64(bitPattern: left &- right) : UInt64(bitPattern: right &- left)
    }

    private static let months: [[UInt8]] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ].map { Array($0.utf8) }

    /// `23:05:24` with a fraction behind a point or a comma; a leap second counts as the one before it.
    private static func clockTime(_ cursor: inout TextCursor) -> (second: Int, nanosecond: Int)? {
        guard let hour = cursor.number(digits: 2), hour < 24, cursor.take(":"), let minute = cursor.number(digits: 2), minute < 60,
            cursor.take(":"), let second = cursor.number(digits: 2), second <= 60
        else { return nil }
        var nanosecond = 0
        var ahead = cursor
        if ahead.take(".") || ahead.take(","), let fraction = ahead.fraction() {
            nanosecond = fraction
            cursor = ahead
        }
        return (hour * 3600 + minute * 60 + min(second, 59), nanosecond)
    }

    private static func zone(_ cursor: inout TextCursor) -> Int? {
        var ahead = cursor
        if ahead.take("Z") || ahead.take("z") {
            cursor = ahead
            return 0
        }
        let sign: Int
        if ahead.take("+") { sign = 1 } else if ahead.take("-") { sign = -1 } else { return nil }
        guard let hours = ahead.number(digits: 2), hours < 24 else { return nil }
        var minutes = 0
        let hasColon = ahead.take(":")
        if let written = ahead.number(digits: 2), written < 60 { minutes = written } else if hasColon { return nil }
        cursor = ahead
        return sign * (hours * 3600 + minutes * 60)
    }
}
