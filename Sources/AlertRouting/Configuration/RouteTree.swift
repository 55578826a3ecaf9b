internal import LabelMatching
internal import TelemetryModel

/// A route as a file writes it: what it does not say is nil.
struct RouteDraft {
    var receiver: String?
    var groupBy: [String]?
    var groupsByAllLabels = false
    var matchers: [LabelMatcher] = []
    var muteTimeIntervals: [String] = []
    var activeTimeIntervals: [String] = []
    var continues = false
    var groupWaitMilliseconds: Int64?
    var groupIntervalMilliseconds: Int64?
    var repeatIntervalMilliseconds: Int64?
    var labels: [Label] = []
    var children: [RouteDraft] = []
}

/// Makes routes, with what each takes over from the one above, of what is written.
enum RouteTree {
    static func routes(of root: RouteDraft) -> [Route] {
        var routes: [Route] = []
        append(root, parent: nil, place: 0, to: &routes)
        return routes
    }

    private static func append(_ draft: RouteDraft, parent: Int?, place: Int, to routes: inout [Route]) {
        let matchers = MatcherText.sorted(draft.matchers)
        let text = MatcherText.text(matchers)
        let above = parent.map { routes[$0] }
        let index = routes.count
        routes.append(
            Route(
                index: index, parent: parent, matchers: matchers, key: above.map { $0.key + "/" + text } ?? text,
                id: above.map { "\($0.id)/\(text)/\(place)" } ?? text, continues: draft.continues,
                options: options(draft, above: above?.options)))
        if let parent { routes[parent].children.append(index) }
        for (place, child) in draft.children.enumerated() { append(child, parent: index, place: place, to: &routes) }
    }

    private static func options(_ draft: RouteDraft, above: RouteOptions?) -> RouteOptions {
        var options = above ?? RouteOptions(receiver: "")
        if let receiver = draft.receiver, !receiver.isEmpty { options.receiver = receiver }
        if let groupBy = draft.groupBy {
            options.groupBy = groupBy.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            options.groupsByAllLabels = false
        } else if draft.groupsByAllLabels {
            options.groupsByAllLabels = true
        }
        options.groupWaitMilliseconds = draft.groupWaitMilliseconds ?? options.groupWaitMilliseconds
        options.groupIntervalMilliseconds = draft.groupIntervalMilliseconds ?? options.groupIntervalMilliseconds
        options.repeatIntervalMilliseconds = draft.repeatIntervalMilliseconds ?? options.repeatIntervalMilliseconds
        options.muteTimeIntervals = draft.muteTimeIntervals
        options.activeTimeIntervals = draft.activeTimeIntervals
        for label in draft.labels {
            options.labels.removeAll { $0.name.utf8.elementsEqual(label.name.utf8) }
            options.labels.append(label)
        }
        options.labels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return options
    }
}
