namespace Linkerd.Tcp.TestUtilities.Files;

/// <summary>A directory of the real file system that is deleted at the end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("linkerd-tcp-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Writes a file in place.</summary>
    public void Write(string name, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], content);
    }

    /// <summary>Writes a file as if a minute ago, so that it has settled already.</summary>
    public void WriteOld(string name, string content)
    {
        Write(name, content);
        File.SetLastWriteTimeUtc(this[name], File.GetLastWriteTimeUtc(this[name]).AddMinutes(-1));
    }
}
