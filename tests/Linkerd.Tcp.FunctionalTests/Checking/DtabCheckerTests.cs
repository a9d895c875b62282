using Linkerd.Tcp.Cli.Checking;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.FunctionalTests;

[Trait("Category", "AnyTransport")]
public sealed class DtabCheckerTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nothing ; here\n")]
    [InlineData("/a => /b")]
    [InlineData("/a => /b ; /c => 1 * /d & 2 * (/e | !) ;")]
    [InlineData("/a => /b#c;/d => $# a comment ; with => more\n;")]
    public void FindErrors_ADtab_HasNone(string text) => Assert.Empty(DtabChecker.FindErrors(text));

    [Fact]
    public void FindErrors_OneError_IsNamerdsForTheWholeText()
    {
        var error = Assert.Single(DtabChecker.FindErrors("/a => /b ;\n/c => /d e ;\n"));
        Assert.Equal("end of input expected but 'e' found at '/a => /b ;\n/c => /d [e] ;\n'", error.Message);
        Assert.Equal(new TextPosition(2, 10), TextPosition.Of("/a => /b ;\n/c => /d e ;\n", error.Position));
    }

    [Fact]
    public void FindErrors_Several_AreAllThereEachForItsEntry()
    {
        const string Text = "/svc => /a b;\n/x => /b ; ; /c => /c/ ; # / => ; in a comment\n/ok => /ok;\n  1 => /x";
        var errors = DtabChecker.FindErrors(Text);
        Assert.Equal(["1:12", "2:12", "2:23", "4:3"], errors.Select(error => TextPosition.Of(Text, error.Position).ToString()));
        Assert.StartsWith("end of input expected but 'b' found at '/svc => /a [b];\n/x", errors[0].Message, StringComparison.Ordinal);
        Assert.Equal(
            [
                "'/' expected but ';' found at '[;]'",
                "label char expected but ' ' found at '/c => /c/[ ]'",
                "'/' expected but '1' found at '[1] => /x'",
            ],
            errors.Skip(1).Select(error => error.Message));
    }

    [Theory]
    [InlineData("/a", 2)]
    [InlineData("/a => ", 6)]
    [InlineData("/a => /b ; /c =>", 16)]
    public void FindErrors_TextThatEndsTooEarly_IsAtItsEnd(string text, int position) => Assert.Equal(position, Assert.Single(DtabChecker.FindErrors(text)).Position);

    // Whatever the text, the first error is the parser's, and none comes before it.
    [Fact]
    public void FindErrors_GarbledDtabs_BeginWithTheParsersError()
    {
        const string Characters = "/ab ;=>&|*.19()!~$#\n\\x";
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Create(random.Next(30), random, (span, source) => source.GetItems(Characters, span));
            var errors = DtabChecker.FindErrors(text);
            Assert.Equal(Dtab.TryParse(text, out _), errors.Count == 0);
            Assert.Equal(errors.Select(error => error.Position).Order(), errors.Select(error => error.Position));
            if (errors.Count > 0)
            {
                Assert.Equal(Record.Exception(() => Dtab.Parse(text))!.Message, errors[0].Message);
            }
        }
    }

    [Theory]
    [InlineData("/a => /b", "")]
    [InlineData("/a => 0.25 * /b & 3 * /c", "")]
    [InlineData("/a => /b ;\n /a => 0.125 * /b & 3 * (0.001 * /d & /e)", "2:2 namerd prints the weight 0.125 as 0.13|2:2 namerd prints the weight 0.001 as 0")]
    [InlineData("/a/b => /c ; /a => /d", "")]
    [InlineData("/a/b => /c ; /a => !", "1:1 /a/b is never used: '/a => !' comes later, wins, and ends the search")]
    [InlineData("/a => /c ; /a/b => !", "")]
    [InlineData("/a/b => /c ; /*/* => $", "1:1 /a/b is never used")]
    [InlineData("# one ; comment\n/loop => /loop/x", "2:1 /loop leads back to itself by /loop/x")]
    [InlineData("/loop => /loop/x ; /loop/x => /$/nil", "")]
    public void FindOddities_WhatAReaderMayNotHaveMeant_IsTold(string text, string expected)
    {
        var oddities = DtabAdvisor.FindOddities(text, Dtab.Parse(text));
        var actual = oddities.Select(oddity => $"{TextPosition.Of(text, oddity.Position)} {oddity.Message}").ToList();
        var expectations = expected.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expectations.Length, actual.Count);
        Assert.All(expectations.Zip(actual), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
    }
}
