using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>A project for each program of the READMEs, all built at once.</summary>
public sealed class ReadmeProjects : IAsyncLifetime
{
    private UserFolder? _user;

    /// <summary>Gets the folder of the proxy of Linkerd.Tcp.Hosting.</summary>
    public string ProxyFolder { get; private set; } = "";

    /// <summary>Gets the folder of the HttpClient of Linkerd.Tcp.Hosting.</summary>
    public string HttpFolder { get; private set; } = "";

    /// <summary>Gets the settings of the proxy.</summary>
    public string Settings { get; private set; } = "";

    /// <summary>Gets what the build printed.</summary>
    public string Printed { get; private set; } = "";

    /// <summary>Gets the server that is the first one of the HttpClient.</summary>
    public TcpBackend One { get; } = new(Client.Answer("one"));

    /// <summary>Gets the server that is the second one of the HttpClient.</summary>
    public TcpBackend Two { get; } = new(Client.Answer("two"));

    /// <summary>Returns the executable that the build made in the folder of a project.</summary>
    public static string ProgramOf(string folder) => Path.Combine(folder, "bin", "Debug", "net10.0", Path.GetFileName(folder));

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!Feed.Exists)
        {
            return;
        }

        _user = new UserFolder();
        foreach (var library in Feed.Libraries)
        {
            foreach (var (i, program) in ReadmeProgram.Read(library).Index())
            {
                Assert.Equal(library, program.Packages[0]);
                var code = program.Code.Replace("127.0.0.1:8081", One.EndPoint.ToString(), StringComparison.Ordinal).Replace("127.0.0.1:8082", Two.EndPoint.ToString(), StringComparison.Ordinal);
                var folder = _user.AddProject($"{library}.Sample{i + 1}", code, program.Packages);
                if (code.Contains("UseTcpDestination", StringComparison.Ordinal))
                {
                    HttpFolder = folder;
                }
                else if (code.Contains("AddTcpProxy", StringComparison.Ordinal))
                {
                    (ProxyFolder, Settings) = (folder, program.Settings);
                }
            }
        }

        Assert.All(Feed.Libraries, library => Assert.True(Directory.Exists(Path.Combine(_user.Path, $"{library}.Sample1")), $"the README of {library} has no program below a line that installs it"));
        Printed = await DotnetCommand.RunAsync(_user.Path, "build", _user.AddSolution());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        _user?.Dispose();
    }
}
