#!/usr/bin/env bash
# Holds the imports of every target against scripts/layers.txt: downwards only, outside modules only where named.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rnoE '^(@[a-zA-Z_]+(\([a-z]+\))? )?(internal|package|public|private|fileprivate) import ((struct|class|enum|func|protocol|typealias) )?[A-Za-z_0-9]+' Sources --include='*.swift' |
    awk -v table=scripts/layers.txt '
        BEGIN {
            while ((getline line < table) > 0) {
                if (line ~ /^#/ || line == "") continue
                count = split(line, field, " ")
                layer[field[2]] = field[1]
                for (i = 3; i <= count; i++) outside[field[2], field[i]] = 1
            }
            # Modules of the language and the system that any target may use.
            split("Synchronization Dispatch Glibc Musl Darwin Android", any, " ")
            for (i in any) everywhere[any[i]] = 1
            outside["HTTPAPI", "FoundationEssentials"] = 1
        }
        {
            split($0, part, ":")
            split(part[1], folder, "/")
            target = folder[2]
            module = $NF
            if (!(target in layer)) { print part[1] ": target " target " stands in no layer of " table; bad = 1; next }
            if (module in layer) {
                if (layer[module] + 0 >= layer[target] + 0) {
                    print part[1] ":" part[2] ": " target " (layer " layer[target] ") imports " module " (layer " layer[module] ")"; bad = 1
                }
            } else if (!(module in everywhere) && !((target, module) in outside) && !(module == "FoundationEssentials" && ((target, "Foundation") in outside))) {
                print part[1] ":" part[2] ": " target " may not import " module; bad = 1
            }
        }
        END { exit bad }'
