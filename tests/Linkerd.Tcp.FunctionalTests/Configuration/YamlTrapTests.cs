using System.Text;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The traps of YAML, and of files: each has a clear answer.</summary>
[Trait("Category", "AnyTransport")]
public sealed class YamlTrapTests
{
    private const string Server = "f.yml:11:5: routers[0].servers[0].";

    [Theory]
    [InlineData("routers:\n\t- label: a\n", "f.yml:2:1: a tab is in the indentation; expected spaces")]
    [InlineData("routers:\n- label: a\n\tservers: []\n", "f.yml:3:1: a tab is in the indentation; expected spaces")]
    [InlineData("routers:\n  - label: a\n  \tservers: []\n", "f.yml:3:3: a tab is in the indentation; expected spaces")]
    [InlineData("", "f.yml:1:1: the file is empty; expected a mapping with the key routers")]
    [InlineData("# a comment\n", "f.yml:1:1: the file is empty; expected a mapping with the key routers")]
    [InlineData("~\n", "f.yml:1:1: expected a mapping with the key routers, not nothing")]
    [InlineData("routers: []\n---\nrouters: []\n", "f.yml:2:1: a second document begins here; expected one in a file")]
    [InlineData("routers: a: b\n", "f.yml:1:11: this is not YAML: while scanning a plain scalar value, found invalid mapping")]
    [InlineData("routers: [\n", "f.yml:2:1: this is not YAML: while parsing a node, did not find expected node content")]
    [InlineData("? [a]\n: b\n", "f.yml:1:3: the key of a mapping is not a text; expected a key such as routers")]
    [InlineData("routers: \"a\0b\"\n", "f.yml:1:12: it has the control character U+0000; expected text")]
    [InlineData("routers: \u001b[31m\n", "f.yml:1:10: it has the control character U+001B; expected text")]
    public void Read_AFileThatIsNotYaml_IsOneError(string text, string expected) => Assert.Equal([expected], FileReading.Errors(text));

    [Theory]
    [InlineData("abortOnClose: yes", "abortOnClose: 'yes': expected true or false; write true")]
    [InlineData("abortOnClose: on", "abortOnClose: 'on': expected true or false; write true")]
    [InlineData("abortOnClose: NO", "abortOnClose: 'NO': expected true or false; write false")]
    [InlineData("abortOnClose: Off", "abortOnClose: 'Off': expected true or false; write false")]
    [InlineData("abortOnClose: 1", "abortOnClose: '1': expected true or false")]
    [InlineData("backlog: 010", "backlog: '010': YAML 1.1 reads a number that begins with 0 as octal, YAML 1.2 as decimal; expected it without the 0")]
    [InlineData("backlog: 0x1F", "backlog: '0x1F': expected a whole number of connections from 1 to 2147483647 (in decimal digits)")]
    [InlineData("backlog: 0o17", "backlog: '0o17': expected a whole number of connections from 1 to 2147483647 (in decimal digits)")]
    [InlineData("backlog: 1:30", "backlog: '1:30': expected a whole number of connections from 1 to 2147483647 (numbers to base 60 are not read)")]
    [InlineData("backlog: 1_000", "backlog: '1_000': expected a whole number of connections from 1 to 2147483647 (without '_')")]
    [InlineData("backlog: 1e3", "backlog: '1e3': expected a whole number of connections from 1 to 2147483647")]
    [InlineData("backlog: +5", "backlog: '+5': expected a whole number of connections from 1 to 2147483647")]
    [InlineData("backlog: 99999999999999999999", "backlog: '99999999999999999999': expected a whole number of connections from 1 to 2147483647")]
    [InlineData("backlog: !!int 5", "backlog: it has the tag '!!int'; expected the value without a tag")]
    [InlineData("backlog: !!binary aGVsbG8=", "backlog: it has the tag '!!binary'; expected the value without a tag")]
    [InlineData("backlog: *none", "backlog: the alias '*none' has no anchor '&none' whose value ends before it")]
    public void Read_AValueThatReadersDifferOn_IsAnError(string key, string expected)
    {
        var error = Assert.Single(FileReading.Errors($"{FileReading.Router}    {key}\n"));
        Assert.StartsWith("f.yml:11:", error, StringComparison.Ordinal);
        Assert.EndsWith($": routers[0].servers[0].{expected}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("true")]
    [InlineData("010")]
    [InlineData("'no'")]
    [InlineData("\"no\"")]
    [InlineData("1.10")]
    [InlineData("2018-01-31")]
    public void Read_ATextOfAnyForm_IsTakenAsItIsWritten(string label) =>
        Assert.Equal(label.Trim('\'', '"'), FileReading.Model(FileReading.Router.Replace("label: default", "label: " + label, StringComparison.Ordinal)).Routers[0].Label);

    [Fact]
    public void Read_TheSameKeyTwice_IsAnErrorWithBothPlaces() => Assert.Equal(
        [Server + "port: the key is there twice, first at 9:5; expected it once"], FileReading.Errors(FileReading.Router + "    port: 7475\n"));

    [Theory]
    [InlineData("~")]
    [InlineData("null")]
    [InlineData("")]
    public void Read_AKeyWithoutAValue_IsOneThatIsNotThere(string value)
    {
        Assert.Equal(TimeSpan.FromSeconds(10), FileReading.Model($"graceSecs: {value}\n{FileReading.Router}  client: {value}\n").Grace);
        Assert.Equal(
            ["f.yml:9:5: routers[0].servers[0].port: the key is missing; expected 0 to 65535"], FileReading.Errors(FileReading.Router.Replace("7474", value, StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_AnAlias_IsTheValueOfItsAnchor()
    {
        var proxy = FileReading.Model(
            """
            routers:
            - &a
              label: a
              interpreter: {kind: default}
              servers: [{port: 1, dstName: &target web:80}]
              client: &client {maxWaiters: 5}
            - label: b
              interpreter: {kind: default}
              servers: [{port: 2, dstName: *target}]
              client: *client
            """);
        Assert.Equal("/$/inet/web/80", proxy.Routers[1].Servers[0].DstName!.ToString());
        Assert.Equal(5, proxy.Routers[1].Client.Global.MaxWaiters);
        Assert.NotSame(proxy.Routers[0].Client, proxy.Routers[1].Client);
    }

    [Fact]
    public void Read_AnAliasWithinItsOwnAnchor_IsAnError() => Assert.Equal(
        ["f.yml:1:14: routers[0]: the alias '*r' has no anchor '&r' whose value ends before it"], FileReading.Errors("routers: &r [*r]\n"));

    [Fact]
    public void Read_AMergeKey_IsAnErrorAlone() => Assert.Equal(
        ["f.yml:11:3: routers[1].<<: merge keys are not read; expected the keys themselves (an alias can repeat a whole value)"],
        FileReading.Errors(FileReading.Router.Replace("label:", "label: &r", StringComparison.Ordinal) + "- <<: *r\n"));

    [Fact]
    public void Read_ABillionLaughs_IsRefusedAtItsLimit()
    {
        var text = new StringBuilder("routers:\n- &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (var c = 'b'; c <= 'i'; c++)
        {
            text.Append('-').Append(" &").Append(c).Append(" [").AppendJoin(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 10)).Append("]\n");
        }

        Assert.EndsWith("too many values, with each alias counted as the values that it stands for; expected at most 250000", Assert.Single(FileReading.Errors(text.ToString())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void Read_DeepNesting_IsRefusedAtItsLimit(string open, string close)
    {
        foreach (var depth in (int[])[40, 100_000])
        {
            var text = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
            Assert.EndsWith("nested too deeply; expected at most 32 lists and mappings within each other", Assert.Single(FileReading.Errors("routers: " + text)), StringComparison.Ordinal);
            Assert.EndsWith(
                "nested too deeply; expected at most 32 lists and mappings within each other",
                Assert.Single(FileReading.Errors("{\"routers\": " + text.Replace("a:", "\"a\":", StringComparison.Ordinal))),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_TooManyBytes_IsRefused()
    {
        var reading = FileReading.Read(new byte[(8 * 1024 * 1024) + 1]);
        Assert.Equal("f.yml: it is longer than 8388608 bytes; expected a configuration file", Assert.Single(reading.Errors).ToString());
    }

    [Fact]
    public void Read_AByteOrderMark_IsSkipped() => Assert.NotNull(FileReading.Read([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(FileReading.Router)]).Configuration);

    [Fact]
    public void Read_BytesThatAreNotUtf8_AreRefusedWithTheirPlace()
    {
        Assert.Equal("f.yml:2:3: it is not UTF-8 from here on; expected text in UTF-8", Assert.Single(FileReading.Read([.. "a: é\nb "u8, 0xFF, .. "c"u8]).Errors).ToString());
        Assert.Equal("f.yml:1:1: it is UTF-16; expected UTF-8", Assert.Single(FileReading.Read([0xFF, 0xFE, (byte)'a', 0]).Errors).ToString());
    }

    [Fact]
    public void Read_ManyErrors_ListsAHundredAndCountsTheOthers()
    {
        var errors = FileReading.Errors(string.Concat(Enumerable.Range(0, 1000).Select(static i => $"key{i}: 1\n")));
        Assert.Equal(101, errors.Length);
        Assert.Contains("f.yml: 901 further errors are not listed", errors);
    }
}
