using Xunit;

namespace Linkerd.Tcp.Tests.Architecture;

public sealed class SourceScannerTests
{
    [Theory]
    [InlineData("public sealed class Box;", "Box 0")]
    [InlineData("internal readonly record struct Box(int X);", "Box 0")]
    [InlineData("public delegate List<int> Opened(string s);\ninterface IBox { }", "Opened 0, IBox 0")]
    [InlineData("class Box<T> where T : class { enum Kind { A } private record Lid; }", "Box 0, Kind 1, Lid 1")]
    [InlineData("class Box { void M() { F(delegate { return 1; }); } }", "Box 0")]
    [InlineData("// class A\n/* class B */ class C { string s = \"class D\"; char c = '\"'; string t = \"class E\"; }", "C 0")]
    [InlineData("class C { string s = @\"\\\"; /* \" */ class D { } string r = \"\"\"\n \" class E { } \"\"\"; }", "C 0, D 1")]
    public void Declared_Source_FindsTypes(string source, string expected)
    {
        Assert.Equal(expected, string.Join(", ", SourceScanner.Declared(source).Select(type => $"{type.Name} {type.Depth}")));
    }

    [Theory]
    [InlineData("Box x;")]
    [InlineData("{ Box? x = null; }")]
    [InlineData("new Box()")]
    [InlineData("List<Box> x")]
    [InlineData("x is Box")]
    [InlineData("() => Box.Open()")]
    [InlineData("a ? Box.One : b")]
    [InlineData("a > Box.One")]
    [InlineData("class C : Box")]
    [InlineData("(Box)x")]
    [InlineData("Linkerd.Tcp.Box x")]
    [InlineData("[Attribute] Box x")]
    [InlineData("case Box: break;")]
    [InlineData("private Box[] _x;")]
    public void Used_WordWhereATypeStands_IsFound(string source)
    {
        Assert.Contains("Box", SourceScanner.Used($"; {source}"));
    }

    [Theory]
    [InlineData("x.Box")]
    [InlineData("public Crate Box { get; }")]
    [InlineData("List<int> Box;")]
    [InlineData("int? Box;")]
    [InlineData("int[] Box;")]
    [InlineData("string Box;")]
    [InlineData("new Crate { Box = 1 }")]
    [InlineData("F(Box: 1)")]
    [InlineData("/// <see cref=\"Box\"/>\n")]
    [InlineData("// Box\n")]
    [InlineData("F(\"Box\")")]
    [InlineData("F($\"a Box {x}\")")]
    public void Used_WordWhereNoTypeStands_IsNotFound(string source)
    {
        Assert.DoesNotContain("Box", SourceScanner.Used($"; {source}"));
    }

    [Fact]
    public void Violations_UseOfAHigherRoom_IsFound()
    {
        SourceFile[] files =
        [
            new("Low/A.cs", "class A { B _b; Own _own; class Own { } }"),
            new("High/B.cs", "class B { A _a; } class Own { }"),
        ];

        var violations = Rooms.Violations(files, room => room == "High" ? ["Low"] : [], files);

        Assert.Equal(["Low/A.cs uses B, which is of High"], violations);
    }
}
