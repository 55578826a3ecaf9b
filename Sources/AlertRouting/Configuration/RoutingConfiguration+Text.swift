public import TelemetryModel

extension RoutingConfiguration {
    /// The tree for people, as `amtool config routes show` draws it.
    public var treeText: String {
        var lines = ["."]
        draw(0, indent: "", isLast: true, into: &lines) { route in
            title(route) + (route.continues ? "  continue: true" : "") + "  receiver: " + route.options.receiver
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The part of the tree that an alert goes through, as `amtool config routes test --tree` draws it.
    public func treeText(for labels: LabelSet) -> String {
        var taken: Set<Int> = []
        for route in routes(for: labels) {
            var index: Int? = route.index
            while let place = index {
                taken.insert(place)
                index = routes[place].parent
            }
        }
        let ends = Set(routes(for: labels).map(\.index))
        var lines = ["."]
        draw(0, indent: "", isLast: true, into: &lines, where: { taken.contains($0) }) { route in
            title(route) + (ends.contains(route.index) ? "  receiver: " + route.options.receiver : "")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func title(_ route: Route) -> String { route.matchers.isEmpty ? "default-route" : MatcherText.text(route.matchers) }

    private func draw(
        _ index: Int, indent: String, isLast: Bool, into lines: inout [String], where isShown: (Int) -> Bool = { _ in true },
        _ text: (Route) -> String
    ) {
        let route = routes[index]
        lines.append(indent + (isLast ? "└── " : "├── ") + text(route))
        let children = route.children.filter(isShown)
        for child in children {
            draw(
                child, indent: indent + (isLast ? "    " : "│\u{a0}\u{a0} "), isLast: child == children.last, into: &lines,
                where: isShown, text)
        }
    }
}
