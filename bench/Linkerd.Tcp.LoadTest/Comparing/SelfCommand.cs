namespace Linkerd.Tcp.LoadTest.Comparing;

/// <summary>How this program is started once more.</summary>
internal static class SelfCommand
{
    /// <summary>The executable itself, or the runtime and the assembly where it was started as `dotnet load-test.dll`.</summary>
    public static IReadOnlyList<string> Get()
    {
        var path = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, Environment.GetCommandLineArgs()[0]] : [path];
    }
}
