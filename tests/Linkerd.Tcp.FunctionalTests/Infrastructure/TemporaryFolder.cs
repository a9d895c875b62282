namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A folder that is deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("linkerd-tcp-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public string File(string name) => System.IO.Path.Combine(Path, name);
}
