namespace Linkerd.Tcp.Dns;

/// <summary>A small file in a parsed form that is renewed whenever the file has changed. One that cannot be read counts as empty. Any thread.</summary>
internal sealed class ParsedFile<T>(string path, ITextFiles files, Func<string, T> parse)
{
    private readonly Lock _lock = new();
    private TextVersion? _version;
    private bool _isRead;
    private T _value = default!;

    public T Value
    {
        get
        {
            lock (_lock)
            {
                var last = _version;
                var text = files.ReadIfChanged(path, ref _version);

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
