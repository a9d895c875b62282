namespace Linkerd.Tcp.Naming;

/// <summary>How a <see cref="NameTree"/> or a <see cref="Dtab"/> is printed.</summary>
public enum NameTreeFormat
{
    /// <summary>With every weight in full and without an exponent: parsing the print gives an equal tree.</summary>
    Exact,

    /// <summary>
    /// As namerd prints (Finagle's <c>NameTree.show</c> and <c>Dtab.show</c>): weights with two decimals, so that <c>0.125</c> becomes <c>0.13</c> and <c>0.001</c>
    /// becomes <c>0.00</c>, and no space around <c>*</c>, <c>=></c> and <c>;</c>.
    /// </summary>
    Namerd,
}
