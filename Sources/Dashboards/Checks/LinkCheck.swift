/// Links of dashboards, panels and fields.
enum LinkCheck {
    static func run(_ dashboard: Dashboard, _ findings: inout Findings) {
        for link in dashboard.root["links"]?.elements ?? [] {
            let subject = "link “\(link["title"]?.string ?? "")”"
            switch link["type"]?.string {
            case "link": checkURL(link, subject, &findings)
            case "dashboards":
                if link["tags"]?.elements.isEmpty ?? true {
                    findings.note("leads to all dashboards there are, as it names no tag", at: link.offset, in: subject)
                }
            default: findings.error("a link has the type link or dashboards", at: link["type"]?.offset ?? link.offset, in: subject)
            }
        }
        for panel in dashboard.panels {
            var links = panel.node["links"]?.elements ?? []
            let fields = panel.node["fieldConfig"]
            links += fields?["defaults"]?["links"]?.elements ?? []
            for override in fields?["overrides"]?.elements ?? [] {
                for property in override["properties"]?.elements ?? [] where property["id"]?.string == "links" {
                    links += property["value"]?.elements ?? []
                }
            }
            for link in links { checkURL(link, panel.subject, &findings) }
        }
    }

    private static func checkURL(_ link: JSONNode, _ subject: String, _ findings: inout Findings) {
        // A link may open a query in Explore instead.
        if link["internal"] != nil { return }
        guard let node = link["url"], let url = node.string, !url.isEmpty else {
            return findings.error("a link has no url", at: link.offset, in: subject)
        }
        let isRelative = url.hasPrefix("/") || url.hasPrefix("d/") || url.hasPrefix("$") || url.hasPrefix("#")
        if !isRelative, !url.hasPrefix("http://"), !url.hasPrefix("https://"), !url.hasPrefix("mailto:") {
            findings.error("the url “\(url)” is neither a path nor one of http", at: node.offset, in: subject)
        }
        if link["title"]?.string?.isEmpty ?? true { findings.note("a link has no title", at: link.offset, in: subject) }
    }

    /// The uids of dashboards that a dashboard's links lead to, with the places of the links.
    static func destinations(_ node: JSONNode) -> [(uid: String, offset: Int)] {
        switch node.value {
        case .array(let elements): return elements.flatMap(destinations)
        case .object(let members):
            return members.flatMap { member in
                if member.name == "url", let url = member.value.string, let uid = uid(of: url) { return [(uid, member.value.offset)] }
                return destinations(member.value)
            }
        default: return []
        }
    }

    /// Of `/d/UID/…` and `d/UID?…`.
    private static func uid(of url: String) -> String? {
        let path = url.hasPrefix("/") ? url.dropFirst() : url[...]
        guard path.hasPrefix("d/") else { return nil }
        let uid = path.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return uid.isEmpty || uid.contains("$") ? nil : String(uid)
    }
}
