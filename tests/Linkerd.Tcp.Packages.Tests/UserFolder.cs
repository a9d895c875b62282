using Linkerd.Tcp.TestUtilities.Files;

namespace Linkerd.Tcp.Packages.Tests;

/// <summary>A folder of a user, outside the repository, that takes the packages of this project from the feed and all others from the user's source.</summary>
internal sealed class UserFolder : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public UserFolder()
    {
        // The packages of others may come from the user's cache; those of the feed must not, so the folder for packages is empty.
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
            ? folder
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Assert.False(Directory.Exists(System.IO.Path.Combine(cache, "linkerd.tcp.core", Feed.Version)), $"{cache} has packages of version {Feed.Version}, which would be used in place of those of the feed");
        Directory.CreateDirectory(cache);
        _directory.Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="feed" value="{Feed.Path}" />
              </packageSources>
              <packageSourceMapping>
                <packageSource key="feed">
                  <package pattern="Linkerd.Tcp.*" />
                  <package pattern="linkerd-tcp" />
                  <package pattern="linkerd-tcp.*" />
                </packageSource>
                <packageSource key="nuget.org">
                  <package pattern="*" />
                </packageSource>
              </packageSourceMapping>
              <fallbackPackageFolders>
                <add key="cache" value="{cache}" />
              </fallbackPackageFolders>
            </configuration>
            """);
    }

    /// <summary>Gets its path.</summary>
    public string Path => _directory.Path;

    /// <summary>Writes a project, as <c>dotnet new console</c> and <c>dotnet add package</c> make it.</summary>
    /// <param name="name">The name of the project, which is that of its folder.</param>
    /// <param name="program">The content of Program.cs.</param>
    /// <param name="packages">The packages.</param>
    /// <returns>The folder of the project.</returns>
    public string AddProject(string name, string program, params IEnumerable<string> packages)
    {
        var folder = Directory.CreateDirectory(_directory[name]).FullName;
        File.WriteAllText(System.IO.Path.Combine(folder, "Program.cs"), program);
        File.WriteAllText(System.IO.Path.Combine(folder, $"{name}.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {string.Concat(packages.Select(static package => $"<PackageReference Include=\"{package}\" Version=\"{VersionOf(package)}\" />"))}
              </ItemGroup>
            </Project>
            """);
        return folder;
    }

    /// <summary>Writes a solution of all projects.</summary>
    /// <returns>Its name.</returns>
    public string AddSolution()
    {
        _directory.Write("user.slnx", $"<Solution>{string.Concat(Directory.GetFiles(Path, "*.csproj", SearchOption.AllDirectories).Select(static project => $"<Project Path=\"{project}\" />"))}</Solution>");
        return "user.slnx";
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    // The versions that this repository is tested with, in place of the newest ones.
    private static string VersionOf(string package) => package switch
    {
        _ when Feed.Libraries.Contains(package) => Feed.Version,
        "OpenTelemetry.Exporter.Prometheus.AspNetCore" => TestAssembly.OpenTelemetryVersion,
        _ => throw new ArgumentException($"the version of {package} is not known here", nameof(package)),
    };
}
