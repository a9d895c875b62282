using System.Text;
using Linkerd.Tcp.Naming.Files;

namespace Linkerd.Tcp.Dns;

/// <summary>A small file in a form that is made anew whenever the file has changed. One that cannot be read counts as empty. Any thread.</summary>
internal sealed class ParsedFile<T>(string path, IFileSystem files, Func<string, T> parse)
{
    private const int MostBytes = 16 * 1024 * 1024;
    private readonly Lock _lock = new();
    private FileStamp? _stamp;
    private T _value = default!;

    public T Value
    {
        get
        {
            lock (_lock)
            {
                var stamp = files.Stat(path).OfContent;
                if (stamp != _stamp)
                {
                    _value = parse(stamp.Kind == FileKind.File ? Read() : string.Empty);
                    _stamp = stamp;
                }

                return _value;
            }
        }
    }

    private string Read()
    {
        try
        {
            return Encoding.UTF8.GetString(files.Read(path, MostBytes));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
