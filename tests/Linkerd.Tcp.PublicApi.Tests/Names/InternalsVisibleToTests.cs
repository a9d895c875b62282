using System.Xml.Linq;

namespace Linkerd.Tcp.PublicApi.Tests.Names;

/// <summary>No package of src/ shows its internals to another.</summary>
public sealed class InternalsVisibleToTests
{
    // To be emptied.
    private static readonly string[] Known = [];

    [Fact]
    public void Projects_OfSource_NameNoOtherOfSource()
    {
        var projects = Repository.Files("src", "*.csproj", SearchOption.AllDirectories).ToDictionary(static file => Path.GetFileNameWithoutExtension(file));
        var arrows =
            from project in projects
            from friend in XDocument.Load(Path.Combine(Repository.Root, project.Value)).Descendants("InternalsVisibleTo")
            let name = friend.Attribute("Include")!.Value
            where projects.ContainsKey(name)
            select $"{project.Key} -> {name}";
        Assert.Equal(Known, arrows);
    }

    [Fact]
    public void Sources_OfSource_HaveNoAttribute()
    {
        var files = Repository.Files("src", "*.cs", SearchOption.AllDirectories).Where(static file => File.ReadAllText(Path.Combine(Repository.Root, file)).Contains("assembly: InternalsVisibleTo", StringComparison.Ordinal));
        Assert.Empty(files);
    }

    [Fact]
    public void ThisProject_NoPackage_ShowsItsInternalsToIt()
    {
        var friends = Repository.Packages.SelectMany(static package => package.GetCustomAttributes(typeof(System.Runtime.CompilerServices.InternalsVisibleToAttribute), false))
            .Select(static attribute => ((System.Runtime.CompilerServices.InternalsVisibleToAttribute)attribute).AssemblyName);
        Assert.DoesNotContain(typeof(InternalsVisibleToTests).Assembly.GetName().Name, friends);
    }
}
