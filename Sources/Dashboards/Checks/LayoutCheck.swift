/// Where panels lie on the grid, which is 24 columns wide.
enum LayoutCheck {
    private static let columns = 24

    private struct Box {
        var panel: DashboardPanel
        var x: Int
        var y: Int
        var width: Int
        var height: Int

        func overlaps(_ other: Box) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
        }
    }

    static func run(_ dashboard: Dashboard, _ findings: inout Findings) {
        // Panels of a collapsed row have a grid of their own: those below it come up while they are hidden.
        var groups: [[Box]] = [[]]
        var rest: ArraySlice<DashboardPanel> = dashboard.panels[...]
        while let panel = rest.popFirst() {
            if let box = box(of: panel, &findings) { groups[0].append(box) }
            guard panel.isRow, let inner = panel.node["panels"]?.elements.count, inner > 0 else { continue }
            groups.append(rest.prefix(inner).compactMap { box(of: $0, &findings) })
            rest = rest.dropFirst(inner)
        }
        for group in groups { checkOverlaps(group, &findings) }
    }

    private static func checkOverlaps(_ boxes: [Box], _ findings: inout Findings) {
        let boxes = boxes.sorted { $0.y < $1.y }
        for (index, box) in boxes.enumerated() {
            for other in boxes[(index + 1)...] {
                if other.y >= box.y + box.height { break }
                guard box.overlaps(other) else { continue }
                findings.error(
                    "lies over \(box.panel.subject)", at: other.panel.node["gridPos"]?.offset ?? other.panel.node.offset,
                    in: other.panel.subject)
            }
        }
    }

    private static func box(of panel: DashboardPanel, _ findings: inout Findings) -> Box? {
        guard let node = panel.node["gridPos"] else {
            findings.note("has no gridPos; Grafana puts it wherever there is room", at: panel.node.offset, in: panel.subject)
            return nil
        }
        let numbers = ["x", "y", "w", "h"].map { name in node[name].map { $0.int } ?? (name == "x" || name == "y" ? 0 : nil) }
        guard let x = numbers[0], let y = numbers[1], let width = numbers[2], let height = numbers[3], x >= 0, y >= 0, width >= 1,
            height >= 1, y <= 1_000_000, height <= 1_000_000
        else {
            findings.error("gridPos needs x, y, w and h as whole numbers, w and h at least 1", at: node.offset, in: panel.subject)
            return nil
        }
        if width > columns || x > columns || x + width > columns {
            findings.error(
                "reaches to column \(x.addingReportingOverflow(width).partialValue); the grid has \(columns)", at: node.offset,
                in: panel.subject)
            return nil
        }
        return Box(panel: panel, x: x, y: y, width: width, height: height)
    }
}
