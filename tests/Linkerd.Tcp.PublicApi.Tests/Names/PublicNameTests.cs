using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Linkerd.Tcp.PublicApi.Tests.Names;

/// <summary>The names of public types, beside those that a program has in scope.</summary>
public sealed class PublicNameTests
{
    // The implicit usings of Microsoft.NET.Sdk.Web, and the namespaces that code about connections uses.
    private static readonly string[] Namespaces =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Net.Http.Json", "System.Threading", "System.Threading.Tasks",
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
        "System.Net", "System.Net.Sockets", "Microsoft.AspNetCore.Connections",
    ];

    [Fact]
    public void Names_OfAllPackages_AreNotThoseOfTypesInScope()
    {
        var taken = TypesInScope().ToLookup(static type => type.Name, StringComparer.OrdinalIgnoreCase);
        Assert.Equal("", string.Join('\n', Repository.PublicTypes.SelectMany(type => taken[Name(type)].Where(other => $"{other}" != type.FullName).Select(other => $"{type.FullName} and {other}"))));
    }

    [Fact]
    public void Names_OfAllPackages_DifferInMoreThanCaseAndNamespace()
    {
        var alike = Repository.PublicTypes
            .GroupBy(Name, StringComparer.OrdinalIgnoreCase)
            .Where(static types => types.Select(static type => (type.Namespace, Name(type))).Distinct().Count() > 1);
        Assert.Equal("", string.Join('\n', alike.Select(static types => string.Join(" and ", types.Select(static type => type.FullName)))));
    }

    [Fact]
    public void Scope_TypesThatItMustHave_AreThere()
    {
        var names = TypesInScope().Select(static type => type.Name).ToHashSet();
        Assert.Empty(((string[])["EndPoint", "Socket", "ConnectionContext", "Endpoint", "ILogger", "WebApplication", "HttpClient", "List", "Timer"]).Except(names));
    }

    private static IEnumerable<INamedTypeSymbol> TypesInScope()
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static file => MetadataReference.CreateFromFile(file));
        var all = CSharpCompilation.Create("names", references: references).GlobalNamespace;
        foreach (var name in Namespaces)
        {
            var found = name.Split('.').Aggregate(all, static (outer, part) => outer.GetNamespaceMembers().Single(inner => inner.Name == part));
            foreach (var type in found.GetTypeMembers().Where(static type => type.DeclaredAccessibility == Accessibility.Public))
            {
                yield return type;
            }
        }
    }

    // Without the number of type parameters.
    private static string Name(Type type) => type.Name.Split('`')[0];
}
