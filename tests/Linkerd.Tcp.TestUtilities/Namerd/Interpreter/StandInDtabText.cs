namespace Linkerd.Tcp.TestUtilities;

/// <summary>A dtab that was read: twice, by the product's parser, for its words about what is wrong and for printing, and by the stand-in's own, to bind with.</summary>
internal sealed record StandInDtabText(string Text, Dtab Printed, StandInDtab Dtab)
{
    /// <exception cref="NameSyntaxException">The text is no dtab; the message is namerd's.</exception>
    public static StandInDtabText Parse(string text) => new(text, Linkerd.Tcp.Dtab.Parse(text), StandInDtab.Parse(text));
}
