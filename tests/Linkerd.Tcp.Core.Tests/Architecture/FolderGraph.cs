namespace Linkerd.Tcp.Tests.Architecture;

/// <summary>The folders of a package at every depth, and which of them use types of which.</summary>
internal sealed class FolderGraph
{
    private readonly Dictionary<string, Dictionary<string, string>> _arrows = [];

    public FolderGraph(IReadOnlyCollection<SourceFile> files)
    {
        var folderOf = files
            .SelectMany(static file => SourceScanner.Declared(file.Text).Where(static type => type.Depth == 0).Select(type => (type.Name, file.Folder)))
            .Distinct()
            .ToLookup(static type => type.Name, static type => type.Folder);
        foreach (var folder in files.GroupBy(static file => file.Folder))
        {
            // A type of the folder's own, nested ones included, hides one of the same name elsewhere.
            var own = folder.SelectMany(static file => SourceScanner.Declared(file.Text)).Select(static type => type.Name).ToHashSet();
            var arrows = _arrows[folder.Key] = [];
            foreach (var file in folder)
            {
                foreach (var used in SourceScanner.Used(file.Text).Where(name => !own.Contains(name)))
                {
                    foreach (var other in folderOf[used])
                    {
                        arrows.TryAdd(other, $"{file.Path} uses {used}");
                    }
                }
            }
        }
    }

    /// <summary>Finds the circles: folders that can reach each other, sorted, with commas.</summary>
    public IReadOnlyList<string> Circles()
    {
        var reached = _arrows.Keys.ToDictionary(static folder => folder, Reach);
        return [.. _arrows.Keys
            .Select(folder => string.Join(", ", _arrows.Keys.Where(other => reached[folder].Contains(other) && reached[other].Contains(folder)).Order(StringComparer.Ordinal)))
            .Where(static circle => circle.Length > 0)
            .Distinct()
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Lists the arrows between the folders of a circle, with a use each.</summary>
    public IEnumerable<string> Explain(string circle)
    {
        var folders = circle.Split(", ").ToHashSet();
        return _arrows.Where(arrow => folders.Contains(arrow.Key))
            .SelectMany(arrow => arrow.Value.Where(used => folders.Contains(used.Key)).Select(used => $"{Name(arrow.Key)} -> {Name(used.Key)}: {used.Value}"))
            .Order(StringComparer.Ordinal);
    }

    private static string Name(string folder) => folder.Length == 0 ? "(root)" : folder;

    private HashSet<string> Reach(string folder)
    {
        var reached = new HashSet<string>();
        var left = new Stack<string>(_arrows[folder].Keys);
        while (left.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var further in _arrows[next].Keys)
                {
                    left.Push(further);
                }
            }
        }

        return reached;
    }
}
