# Writes every fenced block that is tagged sh, c or python to out/LINE.TAG, its mark to out/LINE.TAG.skip or .arguments.

/^<!-- not run: .* -->$/  { skip = substr($0, 15, length($0) - 18); next }
/^<!-- run with: .* -->$/ { arguments = substr($0, 16, length($0) - 19); next }

/^```/ && !inside {
    inside = 1
    file = ""
    if ($0 ~ /^```(sh|c|python)$/) {
        file = sprintf("%s/%05d.%s", out, NR, substr($0, 4))
        printf "" > file
        if (skip != "")
            print skip > (file ".skip")
        if (arguments != "")
            print arguments > (file ".arguments")
    }
    skip = arguments = ""
    next
}

/^```/ {
    inside = 0
    if (file != "")
        close(file)
    next
}

inside && file != "" { print > file }
!inside && NF > 0    { skip = arguments = "" }
