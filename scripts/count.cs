// Counts the source code of the packages and of the executable: files, lines, public API, cycles between folders, types for each namespace.
//
//     dotnet run scripts/count.cs [folder of the repository]
//
// Cycles are of folders of one project, at any depth: A uses a type of B and, over any number of steps, B uses one of A. Uses are found by the compiler, so a folder's
// namespace does not matter; code that a build generates is not seen.
#:package Microsoft.CodeAnalysis.CSharp
#:property PublishAot=false
#:property NoWarn=CS1591
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

var source = Path.Combine(args.FirstOrDefault() ?? Directory.GetCurrentDirectory(), "src");
var projects = Directory.EnumerateFiles(source, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Order(StringComparer.Ordinal).ToArray();
var all = projects.Select(folder => Project.Read(folder)).ToArray();

Row("project", "files", "lines", "median file", "largest file", "public API", "folders", "in cycles");
Row("---", "---", "---", "---", "---", "---", "---", "---");
foreach (var project in all.Append(Project.Sum(all)))
{
    Row(project.Name, project.Lines.Count, project.Lines.Sum(), Median(project.Lines), project.Lines.Max(), project.PublicApi, project.Folders, project.InCycles.Sum(cycle => cycle.Count));
}

Console.WriteLine();
foreach (var cycle in all.SelectMany(project => project.InCycles.Select(folders => $"cycle in {project.Name}: {string.Join(", ", folders)}")).DefaultIfEmpty("no cycles"))
{
    Console.WriteLine(cycle);
}

Console.WriteLine();
Row("namespace", "public types", "internal types");
Row("---", "---", "---");
foreach (var types in all.SelectMany(project => project.Types).GroupBy(type => type.Namespace).OrderBy(types => types.Key, StringComparer.Ordinal))
{
    Row(types.Key, types.Count(type => type.IsPublic), types.Count(type => !type.IsPublic));
}

static void Row(params object[] cells) => Console.WriteLine("| " + string.Join(" | ", cells) + " |");

static int Median(IEnumerable<int> numbers) => numbers.Order().ElementAt(numbers.Count() / 2);

internal sealed record Project(string Name, IReadOnlyList<int> Lines, int PublicApi, int Folders, IReadOnlyList<IReadOnlyList<string>> InCycles, IReadOnlyList<(string Namespace, bool IsPublic)> Types)
{
    public static Project Sum(IReadOnlyCollection<Project> all) =>
        new("all", [.. all.SelectMany(project => project.Lines)], all.Sum(project => project.PublicApi), all.Sum(project => project.Folders), [.. all.SelectMany(project => project.InCycles)], []);

    public static Project Read(string root)
    {
        var files = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(root, file).Split(Path.DirectorySeparatorChar).Intersect(["bin", "obj"]).Any())
            .Order(StringComparer.Ordinal)
            .Select(file => (Folder: Path.GetDirectoryName(Path.GetRelativePath(root, file)) is { Length: > 0 } folder ? folder : ".", Text: File.ReadAllText(file)))
            .ToArray();
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(file.Text)).ToArray();
        var folderOf = trees.Zip(files).ToDictionary(pair => pair.First, pair => pair.Second.Folder);
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(file => MetadataReference.CreateFromFile(file));
        var usings = CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;");
        var compilation = CSharpCompilation.Create("counted", [usings, .. trees], platform, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));

        var arrows = folderOf.Values.Distinct().ToDictionary(folder => folder, _ => new HashSet<string>());
        var types = new List<(string, bool)>();
        foreach (var tree in trees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var node in tree.GetRoot().DescendantNodes())
            {
                if (node is BaseTypeDeclarationSyntax { Parent: not TypeDeclarationSyntax } or DelegateDeclarationSyntax { Parent: not TypeDeclarationSyntax }
                    && model.GetDeclaredSymbol(node) is INamedTypeSymbol declared && declared.DeclaringSyntaxReferences[0].Span == node.Span && declared.DeclaringSyntaxReferences[0].SyntaxTree == tree)
                {
                    types.Add((declared.ContainingNamespace.ToDisplayString(), declared.DeclaredAccessibility == Accessibility.Public));
                }
                else if (node is SimpleNameSyntax name)
                {
                    var info = model.GetSymbolInfo(name);
                    foreach (var used in info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols.AsEnumerable())
                    {
                        var type = used as INamedTypeSymbol ?? used.ContainingType;
                        foreach (var place in type?.OriginalDefinition.DeclaringSyntaxReferences ?? [])
                        {
                            if (folderOf.TryGetValue(place.SyntaxTree, out var folder) && folder != folderOf[tree])
                            {
                                arrows[folderOf[tree]].Add(folder);
                            }
                        }
                    }
                }
            }
        }

        var api = Directory.EnumerateFiles(root, "PublicAPI.*.txt").Sum(file => File.ReadLines(file).Count(line => line.Length > 0 && !line.StartsWith('#')));
        return new(Path.GetFileName(root), [.. files.Select(file => file.Text.Count(c => c == '\n'))], api, arrows.Count, Cycles(arrows), types);
    }

    // Folders that reach each other.
    private static List<IReadOnlyList<string>> Cycles(Dictionary<string, HashSet<string>> arrows)
    {
        var reach = arrows.Keys.ToDictionary(from => from, from =>
        {
            var seen = new HashSet<string>();
            for (var next = new Stack<string>(arrows[from]); next.TryPop(out var folder);)
            {
                if (seen.Add(folder))
                {
                    foreach (var further in arrows[folder])
                    {
                        next.Push(further);
                    }
                }
            }

            return seen;
        });
        return [.. arrows.Keys.Where(folder => reach[folder].Contains(folder))
            .GroupBy(folder => string.Join(", ", reach[folder].Where(other => reach[other].Contains(folder)).Order(StringComparer.Ordinal)))
            .Select(cycle => (IReadOnlyList<string>)cycle.Order(StringComparer.Ordinal).ToArray())];
    }
}
