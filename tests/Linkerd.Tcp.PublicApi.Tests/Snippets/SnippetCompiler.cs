using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Linkerd.Tcp.PublicApi.Tests.Snippets;

/// <summary>
/// Makes a program of a snippet. One that begins with using directives is a program as it stands: it gets the implicit usings of the SDK only. Any other gets the namespaces of the packages
/// and those of the base library that an editor would add. Both see what <see cref="Given"/> declares; what they declare themselves hides it.
/// </summary>
internal static class SnippetCompiler
{
    private static readonly CSharpParseOptions Language = new(LanguageVersion.CSharp14, DocumentationMode.None);

    private static readonly string[] SdkUsings =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    private static readonly string[] EditorUsings =
        ["System.Buffers", "System.IO.Pipelines", "System.Net", "System.Net.Sockets", "System.Runtime.CompilerServices", "System.Text", "System.Threading.Channels", "Microsoft.Extensions.Logging", "Xunit"];

    // What the text around a snippet is about: values that a reader has already.
    private const string Given = """
        internal static class Given
        {
            public static System.Threading.CancellationToken cancellationToken => default;
            public static Linkerd.Tcp.IResolver resolver => throw null!;
            public static Linkerd.Tcp.DestinationRegistry registry => throw null!;
            public static Linkerd.Tcp.Destination destination => throw null!;
            public static Linkerd.Tcp.DestinationOptions destinationOptions => throw null!;
            public static Linkerd.Tcp.TcpProxy proxy => throw null!;
            public static Linkerd.Tcp.TcpProxyOptions proxyOptions => throw null!;
            public static Linkerd.Tcp.DstPath name => throw null!;
            public static System.Net.EndPoint address => throw null!;
            public static System.Net.IPEndPoint clientAddress => throw null!;
            public static System.Net.IPEndPoint serverAddress => throw null!;
            public static Linkerd.Tcp.Transport.ITransport transport => throw null!;
            public static Linkerd.Tcp.TransportConnection client => throw null!;
            public static Linkerd.Tcp.TransportConnection server => throw null!;
            public static System.IO.Stream stream => throw null!;
            public static System.TimeSpan elapsed => throw null!;
            public static Microsoft.Extensions.Logging.ILoggerFactory loggerFactory => throw null!;
            public static Microsoft.Extensions.DependencyInjection.IServiceCollection services => throw null!;
            public static System.IServiceProvider container => throw null!;
            public static Microsoft.AspNetCore.Builder.WebApplicationBuilder builder => throw null!;
            public static bool IsInternal(System.Net.EndPoint? client) => throw null!;
            public static Linkerd.Tcp.DestinationOptions OptionsOf(Linkerd.Tcp.DstPath name) => throw null!;
            public static System.Threading.Tasks.Task ConnectAsync(System.Net.EndPoint address) => throw null!;
        }
        """;

    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static file => MetadataReference.CreateFromFile(file))];

    /// <summary>Compiles a snippet to an assembly.</summary>
    /// <param name="snippet">The snippet.</param>
    /// <param name="name">The name of the assembly.</param>
    /// <param name="file">The file to write; null to look for errors only.</param>
    /// <returns>The errors, each with its page and line.</returns>
    public static IReadOnlyList<string> Compile(Snippet snippet, string name, string? file = null)
    {
        var root = CSharpSyntaxTree.ParseText(snippet.Code, Language).GetCompilationUnitRoot();
        var isExpression = !SyntaxFactory.ParseExpression(snippet.Code, options: Language, consumeFullText: true).ContainsDiagnostics;
        var hasStatements = isExpression || root.Members.Any(static member => member is GlobalStatementSyntax);
        string[] usings = root.Usings.Count > 0
            ? SdkUsings
            : [.. SdkUsings, .. EditorUsings, .. Repository.PublicTypes.Select(static type => type.Namespace!).Distinct()];
        var code = $"#line {snippet.Line.ToString(CultureInfo.InvariantCulture)} \"{snippet.Page}\"\n" + (isExpression ? $"_ =\n#line {snippet.Line.ToString(CultureInfo.InvariantCulture)} \"{snippet.Page}\"\n{snippet.Code};" : snippet.Code);
        var compilation = CSharpCompilation.Create(
            name,
            [
                CSharpSyntaxTree.ParseText(string.Concat(usings.Select(static name => $"global using {name};\n")) + "global using static Given;\n" + Given, Language),
                CSharpSyntaxTree.ParseText(code, Language),
            ],
            References,
            new CSharpCompilationOptions(hasStatements ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var diagnostics = file is null ? compilation.GetDiagnostics() : compilation.Emit(file).Diagnostics;
        return [.. diagnostics.Where(static diagnostic => IsFault(diagnostic)).Select(Print)];
    }

    // Warnings too, but for those about code that is there to be looked at.
    private static bool IsFault(Diagnostic diagnostic) =>
        diagnostic.Severity == DiagnosticSeverity.Error || (diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Id is not ("CS8321" or "CS0219"));

    private static string Print(Diagnostic diagnostic)
    {
        var position = diagnostic.Location.GetMappedLineSpan();
        return string.Create(CultureInfo.InvariantCulture, $"{position.Path}:{position.StartLinePosition.Line + 1}: {diagnostic.Id}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}");
    }
}
