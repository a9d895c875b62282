using System.Text;
using Linkerd.Tcp.Hosting.Values;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class BytesTextTests
{
    [Theory]
    [InlineData("PING", "PING")]
    [InlineData(@"PING\r\n", "PING\r\n")]
    [InlineData(@"a\tb\\c", "a\tb\\c")]
    [InlineData(@"\x41\x7a\x7A", "Azz")]
    [InlineData(@"\\n", @"\n")]
    [InlineData(@"\x414", "A4")]
    [InlineData("naïve", "naïve")]
    [InlineData("a😀b", "a😀b")]
    [InlineData("OFF", "OFF")]
    [InlineData(" off", " off")]
    public void Parse_Text_IsItsBytes(string text, string expected) => Assert.Equal(Encoding.UTF8.GetBytes(expected), BytesText.Parse(text).ToArray());

    [Fact]
    public void Parse_HexadecimalEscapes_AreAnyByte() => Assert.Equal([0x00, 0xFF, 0x0D, 0x80], BytesText.Parse(@"\x00\xff\x0D\x80").ToArray());

    [Theory]
    [InlineData("off")]
    [InlineData("")]
    public void Parse_OffOrNothing_IsNone(string text) => Assert.True(BytesText.Parse(text).IsEmpty);

    [Theory]
    [InlineData(@"\")]
    [InlineData(@"PING\")]
    [InlineData(@"\q")]
    [InlineData(@"\N")]
    [InlineData(@"\0")]
    [InlineData(@"\x")]
    [InlineData(@"\x4")]
    [InlineData(@"\xg0")]
    [InlineData(@"\x 1")]
    public void Parse_AnotherEscape_SaysWhatWasExpected(string text) => Assert.Contains(
        @"expected \r, \n, \t, \\ or \x and two hexadecimal digits", Assert.Throws<InvalidValueException>(() => BytesText.Parse(text)).Message, StringComparison.Ordinal);
}
