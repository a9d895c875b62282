namespace Linkerd.Tcp.Dns;

/// <summary>Represents a small file in a parsed form, which is read again after each change of the file. An unreadable file counts as empty, with a warning. Any thread.</summary>
internal sealed class ParsedFile<T>(string path, ITextFiles files, Func<string, T> parse, Action<string> warn)
{
    private readonly Lock _lock = new();
    private TextVersion? _version;
    private string? _problem;
    private bool _isRead;
    private T _value = default!;

    public T Value
    {
        get
        {
            lock (_lock)
            {
                var last = _version;
                var text = files.ReadIfChanged(path, ref _version, out var problem);
                if (problem is not null && problem != _problem)
                {
                    warn(problem);
                }

                _problem = problem;

                // A file that is missing still has not changed.
                if (text is not null && (!_isRead || last is not null || _version is not null))
                {
                    _value = parse(text);
                    _isRead = true;
                }

                return _value;
            }
        }
    }
}
