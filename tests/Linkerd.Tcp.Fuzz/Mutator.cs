using System.Text;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Fuzz;

/// <summary>Makes inputs of others: bits, bytes, tokens, and pieces of two of them. From a seed, so that a run can be repeated.</summary>
public sealed class Mutator(FuzzTarget target, IReadOnlyList<byte[]> corpus, ulong seed)
{
    private const int MaxBytes = 2048;
    private readonly Random _random = RandomSource.Seeded(seed);
    private readonly byte[][] _tokens = [.. target.Tokens.Select(Encoding.UTF8.GetBytes)];
    private readonly List<byte> _bytes = [];

    public byte[] Next()
    {
        _bytes.Clear();
        if (corpus.Count > 0 && Below(8) != 0)
        {
            _bytes.AddRange(corpus[Below(corpus.Count)]);
        }

        for (var changes = 1 + Below(8); changes > 0; changes--)
        {
            Change();
        }

        if (_bytes.Count > MaxBytes)
        {
            _bytes.RemoveRange(MaxBytes, _bytes.Count - MaxBytes);
        }

        return [.. _bytes];
    }

    private void Change()
    {
        var at = Below(_bytes.Count + 1);
        switch (Below(7))
        {
            case 0 when at < _bytes.Count:
                _bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1 when at < _bytes.Count:
                _bytes.RemoveRange(at, 1 + Below(Math.Min(16, _bytes.Count - at)));
                break;
            case 2:
                _bytes.Insert(at, (byte)Below(256));
                break;
            case 3 when at < _bytes.Count:
                // The same piece again and again: depth, and length.
                var piece = _bytes.GetRange(at, 1 + Below(Math.Min(24, _bytes.Count - at)));
                for (var times = Below(40); times > 0 && _bytes.Count < MaxBytes; times--)
                {
                    _bytes.InsertRange(at, piece);
                }

                break;
            case 4 when corpus.Count > 0:
                var other = corpus[Below(corpus.Count)];
                var from = Below(other.Length + 1);
                _bytes.InsertRange(at, other.AsSpan(from, Below(other.Length - from + 1)).ToArray());
                break;
            default:
                _bytes.InsertRange(at, _tokens[Below(_tokens.Length)]);
                break;
        }
    }

    private int Below(int most) => (int)(_random.NextDouble() * most);
}
