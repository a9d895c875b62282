using System.Globalization;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Naming.Trees;

/// <summary>Reads what name trees and dtabs have beside names.</summary>
internal static class TreeScanner
{
    /// <summary>prefix ::= '/' [ pelem { '/' pelem } ], pelem ::= '*' | label</summary>
    public static DtabPrefix TakePrefix(this ref NameScanner scanner)
    {
        scanner.Take('/');
        var elements = new List<string>();
        if (scanner.IsLabelStart() || scanner.Peek == '*')
        {
            do
            {
                // A label in its canonical print.
                elements.Add(scanner.TryTake('*') ? DtabPrefix.Wildcard : DstPath.Parse($"/{scanner.TakeLabel()}")[0]);
            }
            while (scanner.TryTake('/'));
        }

        return new DtabPrefix([.. elements]);
    }

    /// <summary>Digits with at most one '.'; no sign, no exponent.</summary>
    public static double TakeNumber(this ref NameScanner scanner)
    {
        var start = scanner.Position;
        var point = false;
        while (scanner.IsNumberStart())
        {
            if (scanner.Peek == '.' && point)
            {
                throw scanner.Error("number char");
            }

            point |= scanner.Peek == '.';
            scanner.Position++;
        }

        var digits = scanner.Since(start);
        if (digits is ".")
        {
            throw scanner.Error("weight", '.');
        }

        var number = double.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
        {
            scanner.Position = start;
            throw scanner.Error("a number below 1.8e308");
        }

        return number;
    }

    public static bool IsNumberStart(this ref NameScanner scanner) => !scanner.AtEnd && (char.IsAsciiDigit(scanner.Peek) || scanner.Peek == '.');
}
