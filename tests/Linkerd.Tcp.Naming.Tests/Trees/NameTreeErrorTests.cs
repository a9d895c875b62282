using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Tests.Trees;

/// <summary>The errors of a running namerd 1.7.5 for texts within the grammar that is read here: what it expected, what it found, and where.</summary>
public sealed class NameTreeErrorTests
{
    [Theory]
    [InlineData("end of input expected but '=' found at '/$/inet/127.0.0.1/80/rest#/s1/a/svc[=]>1 * /$/'")]
    [InlineData("simple expected but 'a' found at '[a] (10.25*'")]
    [InlineData("simple expected but ';' found at ' 9*/#/io.l5d.fs/dir/leaf & 0.001*/$/inet/127.0.0.1/80 &[;] 0*/zz/b'")]
    [InlineData("end of input expected but '/' found at '0* /[/]inet/127'")]
    [InlineData("end of input expected but '=' found at '\n0*/#/nosuch[=]/x & ~ &'")]
    [InlineData("'*' expected but '/' found at '\n1.0* /#/io.l5d.fs/bad & 9 [/]$/fail/y'")]
    [InlineData("end of input expected but 't' found at ' /$/in [t]/127.0.0'")]
    [InlineData("simple expected but 'z' found at '\n[z]z/svc ; '")]
    [InlineData("end of input expected but '!' found at '\n/#/io.l5d.fs/web3[!]; /s2/ho'")]
    [InlineData("label char expected but ' ' found at '0.001* /$/fail/[ ]& .5*(0.'")]
    [InlineData("end of input expected but '-' found at ' /s2/b/a  [-]'")]
    [InlineData("number char expected but '.' found at '\n9 * /s1/web & .5*/$/inet/1&27.0[.]0.1 & 0.'")]
    [InlineData("label char expected but '(' found at '/#/[(]o.l5d.f#'")]
    [InlineData("'*' expected but '/' found at '9\n[/]$/nil   '")]
    [InlineData("end of input expected but 'i' found at ' /$/n\n[i]l/x;/s0/'")]
    [InlineData("weight expected but '.' found at ' .[/]#/io.l5d'")]
    [InlineData("end of input expected but '>' found at '/$/ine[>]t/127.0.'")]
    [InlineData("end of input expected but '*' found at '/#/io.l5d.fs/dir/lea[*];/s3/a ='")]
    [InlineData("end of input expected but ')' found at '1.0*/zz/host & /#/io.l5d.fs/web3 [)] /#/io.l'")]
    [InlineData("'*' expected but 'a' found at ' 3.* /#/io.l5d.fs/bad & 0.125* /s3/a & 10[a]25 * /#/'")]
    [InlineData("simple expected but '*' found at ' 1*/s3/svc/host & 0.1 *[*] /#/io.l'")]
    [InlineData("'*' expected but '&' found at '\n9*/&2 [&] 9 * /s3'")]
    [InlineData("end of input expected but '!' found at '/#/i[!]o.lxd.fs'")]
    [InlineData("end of input expected but '>' found at '\n/[>]#/io.l5d'")]
    [InlineData("simple expected but ')' found at ' 1.0* /#/io.l5d.fs/empty &[)] .5 * /#'")]
    [InlineData("end of input expected but '>' found at '/[>]/inet/12'")]
    [InlineData("end of input expected but '!' found at ' /#/n[!]osuch/x '")]
    [InlineData("end of input expected but '0' found at '\n/s3/b  [0].125 * ('")]
    [InlineData("end of input expected but '*' found at '\n100* /s2/web/web & 1.0*/#/io.l5d.fs[*]& 0* (/z'")]
    [InlineData("end of input expected but '(' found at '/s3/b[(]/web'")]
    [InlineData("end of input expected but 't' found at '0.1* /$/in\n[t]/127.0.0'")]
    [InlineData("end of input expected but '~' found at ' /s3/w[~]eb/host '")]
    [InlineData("end of input expected but 'a' found at '/zz/svc/svc  [a] ; /s1/s'")]
    [InlineData("end of input expected but '/' found at '/\n[/]inet/127'")]
    [InlineData("end of input expected but '=' found at '/#/io.l5d.fs/missing/s0 [=]> /s1;/s'")]
    [InlineData("label char expected but ' ' found at '/#/io.l5d.fs/[ ]empty;'")]
    [InlineData("'*' expected but '/' found at '0.5* /#/io._l5d.fs/web1 & 10.2[/]* /s2/we'")]
    [InlineData("simple expected but 's' found at ' \n[s]2/web'")]
    [InlineData("end of input expected but ')' found at ' /#/io[)].l5d.fs/'")]
    [InlineData("label char expected but '|' found at '/$/[|]fail;\n/s'")]
    [InlineData("'*' expected but '.' found at ' 1\n[.]0*/$/fai'")]
    [InlineData("simple expected but '_' found at ' [_]/#/io.l5'")]
    [InlineData("end of input expected but '>' found at '\n/$/i[>]net/127.'")]
    [InlineData("end of input expected but 'd' found at '\n/#/io.l5\n[d].fs/bad'")]
    [InlineData("'x' expected but 'o' found at ' /zz/h\\[o]st;/s3=>'")]
    [InlineData("end of input expected but ')' found at '100* /s2/web/host & 0.5 * /$/fail/y [)]& 0.1*$;'")]
    [InlineData("'*' expected but end of input found at '\n/$/inet/8&080[]'")]
    [InlineData("label char expected but ';' found at ' /$/inet/8080/[;]/s1=>100'")]
    public void Parse_TextThatNamerdRefused_GivesItsError(string error)
    {
        // The quoted text has the cursor in brackets, which no recorded text contains otherwise.
        var quoted = error[(error.IndexOf(" found at '", StringComparison.Ordinal) + 11)..^1];
        var text = quoted.Replace("[", null, StringComparison.Ordinal).Replace("]", null, StringComparison.Ordinal);

        var exception = Assert.Throws<NameSyntaxException>(() => NameTree.Parse(text));

        Assert.Equal(error, exception.Message);
        Assert.Equal(quoted.IndexOf('[', StringComparison.Ordinal), exception.Position);
    }

    [Theory]
    [InlineData("(/a", "')' expected but end of input found at '(/a[]'")]
    [InlineData("/a)", "end of input expected but ')' found at '/a[)]'")]
    [InlineData("()", "simple expected but ')' found at '([)]'")]
    [InlineData("/a | ", "simple expected but end of input found at '/a | []'")]
    [InlineData("!~", "end of input expected but '~' found at '![~]'")]
    [InlineData("", "simple expected but end of input found at '[]'")]
    [InlineData(" # nothing", "simple expected but end of input found at ' # nothing[]'")]
    [InlineData("/a &", "simple expected but end of input found at '/a &[]'")]
    [InlineData("& /a", "simple expected but '&' found at '[&] /a'")]
    [InlineData("-1 * /a", "simple expected but '-' found at '[-]1 * /a'")]
    [InlineData("1e3 * /a", "'*' expected but 'e' found at '1[e]3 * /a'")]
    [InlineData("1", "'*' expected but end of input found at '1[]'")]
    [InlineData(".", "weight expected but '.' found at '.[]'")]
    [InlineData("..5 * /a", "number char expected but '.' found at '.[.]5 * /a'")]
    [InlineData("1.2.3 * /a", "number char expected but '.' found at '1.2[.]3 * /a'")]
    [InlineData("3 * /a & 1 * /b /c", "end of input expected but '/' found at '3 * /a & 1 * /b [/]c'")]
    public void Parse_NoTreeOfThisGrammar_GivesErrorWithPosition(string text, string error)
    {
        var exception = Assert.Throws<NameSyntaxException>(() => NameTree.Parse(text));

        Assert.Equal(error, exception.Message);
    }

    [Fact]
    public void Parse_DeepParentheses_AreReadToALimit()
    {
        Assert.Equal(NameTree.Parse("/a"), NameTree.Parse($"{new string('(', 100)}/a{new string(')', 100)}"));

        var exception = Assert.Throws<NameSyntaxException>(() => NameTree.Parse(new string('(', 1_000_000)));

        Assert.StartsWith("a tree of at most 100 nested parentheses expected but '(' found at '", exception.Message, StringComparison.Ordinal);
        Assert.Equal(100, exception.Position);
    }

    [Theory]
    [InlineData(";", "'/' expected but ';' found at '[;]'")]
    [InlineData("/a", "'=' expected but end of input found at '/a[]'")]
    [InlineData("/a=/b", "'>' expected but '/' found at '/a=[/]b'")]
    [InlineData("/a=>/b;;", "'/' expected but ';' found at '/a=>/b;[;]'")]
    [InlineData("/a=>/b /c=>/d", "end of input expected but '/' found at '/a=>/b [/]c=>/d'")]
    [InlineData("/a/*b=>/c", "'=' expected but 'b' found at '/a/*[b]=>/c'")]
    [InlineData("/a/=>/c", "label char expected but '=' found at '/a/[=]>/c'")]
    [InlineData("* => /c", "'/' expected but '*' found at '[*] => /c'")]
    public void ParseDtab_NoDtab_GivesErrorWithPosition(string text, string error)
    {
        Assert.Equal(error, Assert.Throws<NameSyntaxException>(() => Dtab.Parse(text)).Message);
        Assert.False(Dtab.TryParse(text, out _));
    }

    [Fact]
    public void Parse_WeightBeyondDouble_GivesErrorAtItsStart()
    {
        var text = $"/a & 1{new string('0', 400)} * /b";

        var exception = Assert.Throws<NameSyntaxException>(() => NameTree.Parse(text));

        Assert.StartsWith("a number below 1.8e308 expected but '1' found at '/a & [1]000", exception.Message, StringComparison.Ordinal);
        Assert.Equal(5, exception.Position);
    }
}
