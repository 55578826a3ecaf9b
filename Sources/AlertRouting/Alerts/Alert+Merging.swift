internal import AlertModel
internal import TelemetryModel

extension Alert {
    /// What is known of an alert after news of it: where the times of both overlap they are joined, else the news stands alone. As Alertmanager's
    /// store of alerts does it.
    func updated(by news: Alert, now: Timestamp) -> Alert {
        let endOverlaps = news.endsAt > startsAt && news.endsAt < endsAt
        let startOverlaps = news.startsAt > startsAt && news.startsAt < endsAt
        return endOverlaps || startOverlaps ? Alert.merged(self, news, now: now) : news
    }

    /// Joins two reports of one alert: what the younger says holds, from the earliest start on.
    ///
    /// Where both have ended, the later end holds. Where the younger has not, an end that was given and lies later than the younger's holds.
    static func merged(_ one: Alert, _ other: Alert, now: Timestamp) -> Alert {
        let (old, young) = other.updatedAt < one.updatedAt ? (other, one) : (one, other)
        var result = young
        result.startsAt = min(old.startsAt, young.startsAt)
        if young.isResolved(at: now) {
            if old.isResolved(at: now) { result.endsAt = max(old.endsAt, young.endsAt) }
        } else if old.endsAt > young.endsAt, !old.endsByTimeout {
            result.endsAt = old.endsAt
        }
        return result
    }

    /// This alert with times that can be reckoned with: an end before the start moves the start, and nothing lies beyond the years that a
    /// calendar shows.
    func bounded() -> Alert {
        // More than 140,000 years on both sides of 1970.
        let limit: Timestamp = 1 << 52
        var result = self
        result.endsAt = min(max(endsAt, -limit), limit)
        result.startsAt = min(max(startsAt, -limit), result.endsAt)
        result.updatedAt = min(max(updatedAt, -limit), limit)
        return result
    }
}
