namespace Linkerd.Tcp.TestUtilities;

/// <summary>The files of the fs namer, by their names: <c>web</c>, <c>dir/leaf</c>. Guarded by its owner's lock.</summary>
internal sealed class StandInFiles(StandInReads reads)
{
    /// <summary>The fact that the names of all files are.</summary>
    public const string AllFact = "files";
    private readonly SortedDictionary<string, StandInFile> _files = new(StringComparer.Ordinal);

    /// <summary>Sets what a file has in it; null deletes it.</summary>
    /// <returns>The facts that this changes.</returns>
    public IEnumerable<string> Set(string name, string? text)
    {
        var key = KeyOf(DstPath.FromLabels(name.Split('/')), 0);
        var existed = _files.Remove(key);
        if (text is not null)
        {
            _files[key] = new StandInFile(text);
        }

        return existed == text is not null ? [ContentFact(key)] : [ContentFact(key), ExistenceFact(key), AllFact];
    }

    /// <summary>The id of the file that a name is about: the rest of the name is its residual. Null where there is none.</summary>
    public DstPath? Lookup(DstPath name, int prefix)
    {
        for (var length = prefix + 1; length <= name.Count; length++)
        {
            var file = KeyOf(name.Take(length), prefix);
            reads.Note(ExistenceFact(file));
            if (_files.ContainsKey(file))
            {
                return name.Take(length);
            }
        }

        return null;
    }

    public StandInFile? Get(DstPath id, int prefix)
    {
        var name = KeyOf(id, prefix);
        reads.Note(ContentFact(name));
        return _files.GetValueOrDefault(name);
    }

    /// <summary>What is in the root directory: files, and directories by their own names only.</summary>
    public IEnumerable<string> Roots()
    {
        reads.Note(AllFact);
        return _files.Keys.Select(name => name.Split('/')[0]).Distinct();
    }

    private static string ExistenceFact(string name) => $"existence of file {name}";

    private static string ContentFact(string name) => $"file {name}";

    private static string KeyOf(DstPath id, int prefix) => id.Skip(prefix).ToString()[1..];
}
