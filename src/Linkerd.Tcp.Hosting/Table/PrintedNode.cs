namespace Linkerd.Tcp.Hosting.Table;

/// <summary>A node of a configuration before it is written as YAML or JSON. A closed set.</summary>
internal abstract class PrintedNode
{
    private PrintedNode()
    {
    }

    /// <summary>A value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isLiteral">True for a number, and for true and false, which need no quotes.</param>
    public sealed class Scalar(string text, bool isLiteral) : PrintedNode
    {
        public string Text => text;

        public bool IsLiteral => isLiteral;
    }

    /// <summary>A list.</summary>
    public sealed class Sequence(IReadOnlyList<PrintedNode> items) : PrintedNode
    {
        public IReadOnlyList<PrintedNode> Items => items;
    }

    /// <summary>Keys and their values, in order.</summary>
    public sealed class Mapping : PrintedNode
    {
        private readonly List<Entry> _entries = [];

        public IReadOnlyList<Entry> Entries => _entries;

        /// <summary>Adds a value under a key, in which dots are mappings.</summary>
        public void Add(string key, PrintedNode value, string? comment = null)
        {
            if (key.IndexOf('.', StringComparison.Ordinal) is var dot and > 0)
            {
                var nested = (Mapping?)_entries.Find(entry => entry.Key == key[..dot] && entry.Value is Mapping)?.Value;
                if (nested is null)
                {
                    _entries.Add(new Entry(key[..dot], nested = new Mapping()));
                }

                nested.Add(key[(dot + 1)..], value, comment);
            }
            else
            {
                _entries.Add(new Entry(key, value, comment));
            }
        }

        /// <summary>Adds a value under a name that a file chooses.</summary>
        public void AddNamed(string name, PrintedNode value) => _entries.Add(new Entry(name, value));

        /// <summary>Adds a line that is a comment: a key without a value, and its default.</summary>
        public void AddDefault(string key, PrintedNode value) => _entries.Add(new Entry(key, value) { IsDefault = true });
    }

    /// <summary>A key of a mapping.</summary>
    public sealed class Entry(string key, PrintedNode value, string? comment = null)
    {
        public string Key => key;

        public PrintedNode Value => value;

        /// <summary>A comment behind the value; null for none.</summary>
        public string? Comment => comment;

        /// <summary>True if the model has no value, and this is the default.</summary>
        public bool IsDefault { get; init; }
    }
}
