internal import Foundation
internal import LogFormats

/// The zone of times that come without one.
public struct SyslogZone: Sendable, Hashable {
    public let name: String
    private let zone: TimeZone

    /// - Parameter name: a name of the tz database, such as `Europe/Berlin`, or `UTC`, or `local` for the zone of the machine. Nil for a zone that is not known.
    public init?(_ name: String) {
        if name == "local" {
            zone = .current
        } else if let zone = TimeZone(identifier: name) {
            self.zone = zone
        } else {
            return nil
        }
        self.name = name
    }

    /// UTC.
    public init() {
        name = "UTC"
        zone = .gmt
    }

    /// The clock by which messages are understood that came at a time.
    func clock(now: Int64) -> SyslogClock {
        SyslogClock(now: now) { [zone] local in
            // The offset of a local time is that of the moment which has it by its own offset.
            let first = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(local)))
            return zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(local - first)))
        }
    }
}
