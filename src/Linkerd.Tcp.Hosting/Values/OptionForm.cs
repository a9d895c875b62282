namespace Linkerd.Tcp.Hosting;

/// <summary>Specifies the form of an option's values in a file.</summary>
public enum OptionForm
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A number, or one of the words that the range of the type has.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A list of texts: a sequence, or one text with commas between the items.</summary>
    List,
}
