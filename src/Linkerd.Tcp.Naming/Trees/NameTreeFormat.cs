namespace Linkerd.Tcp.Naming;

/// <summary>Specifies the printed form of a <see cref="NameTree"/> or a <see cref="Dtab"/>.</summary>
public enum NameTreeFormat
{
    /// <summary>Every weight in full and without an exponent: parsing the text gives an equal tree.</summary>
    Exact,

    /// <summary>
    /// The form that namerd prints (Finagle's <c>NameTree.show</c> and <c>Dtab.show</c>): weights with two decimals, so that <c>0.125</c> becomes <c>0.13</c> and <c>0.001</c>
    /// becomes <c>0.00</c>, and no space around <c>*</c>, <c>=></c> and <c>;</c>.
    /// </summary>
    Namerd,
}
