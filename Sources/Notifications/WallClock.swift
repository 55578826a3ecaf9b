internal import Foundation

/// The time of day.
enum WallClock {
    /// Since 1970.
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
