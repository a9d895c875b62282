namespace Linkerd.Tcp.Dns.Tests;

/// <summary>Files in memory below <c>/files</c>.</summary>
internal sealed class FakeTextFiles : ITextFiles
{
    private readonly Dictionary<string, (TextVersion Version, string Text)> _files = [];
    private DateTime _now = DateTime.UnixEpoch;

    public int Reads { get; private set; }

    public void Write(string name, string content) => _files[$"/files/{name}"] = (new TextVersion(content.Length, _now += TimeSpan.FromSeconds(1)), content);

    public string? ReadIfChanged(string path, ref TextVersion? version, out string? problem)
    {
        problem = null;
        if (!_files.TryGetValue(path, out var file))
        {
            version = null;
            return string.Empty;
        }

        if (file.Version == version)
        {
            return null;
        }

        Reads++;
        version = file.Version;
        return file.Text;
    }
}
