"""A post with all that Markdown has, in several scripts, and some of it larger than is good for anybody."""

#: A word of 300 characters, which no client can break at a blank.
LONG_WORD = "Donaudampfschifffahrtsgesellschaft"[:30] * 10

_CODE = '''\
@decorated(answer=42, text=f"{name!r} and \\n")
class Tide(Sea):  # the comment
    """Documentation."""

    def height(self, now: datetime) -> float | None:
        return None if not now else 3.1 + math.cos(now) ** 2 / 1e3
'''


def code(lines: int) -> str:
    """Return so many lines of Python, of which one is wide."""
    few = f"{_CODE}WIDE = '{'x' * 300}'\n"
    return few + "".join(f"tide[{n}] = {n * 7 % 13} / 12  # {n}\n" for n in range(lines - few.count("\n")))


_WORDS = f"""\
A first paragraph with *stress*, **more stress**, ***both***, ~~gone~~, `code`, [a link](https://example.com/a "its
title"), <https://example.com/autolink>, an image ![a buoy](small.png) among the words, a line\\
break, H<sub>2</sub>O, E = mc<sup>2</sup>, <kbd>Ctrl</kbd>+<kbd>C</kbd>, <mark>marked</mark>, <abbr title="High
water">HW</abbr>, <q>quoted</q>, a note[^one], another[^two], and {LONG_WORD}. See also
[{LONG_WORD}](https://example.com/{LONG_WORD}), &amp; &copy; “typography”, 1 < 2, <small>small print</small>.

![Fishing boats in the harbour at five in the morning](boat.jpg "At five")

<figure><img src="wide.webp" alt="The tide table, as a picture"><figcaption>The tide table, with *no* emphasis in
its caption.</figcaption></figure>

Setext heading
==============

Another one
-----------

## A heading with `code` and [a link](https://example.com/h)

### Deeper

#### And deeper

##### And deeper still

###### As deep as it goes

## {LONG_WORD}

## Lists

- one
- two, with [a link](https://example.com/b)
  - nested
    - deeper
      - deeper still
        1. and now
        2. with numbers
           - and back

             with a paragraph

             ```
             and code
             ```
- three

  > with a quote

7. seven
8. eight
   | in | a list |
   |----|-------:|
   | a table | 1 |

- [ ] to do
- [x] done

Ebb
: The water goes.
: It goes **far**.

Flood
: It comes back.

## Tables

| Port | High water | Low water | {LONG_WORD[:60]} |
|:-----|-----------:|:---------:|------------------|
| Saint-Malo | 12.2 m | 0.4 m | https://example.com/a/very/long/address/that/goes/on/and/on |
| `code` | **bold** | [link](https://example.com/cell) | a `|` that is\\| escaped |
| القدس | 東京 | 🦀 | |

<table><caption>A table with a caption</caption>
<tr><th></th><th>Monday</th><th colspan="2">Later</th></tr>
<tr><th>Morning</th><td>ebb</td><td>flood</td><td rowspan="2">both</td></tr>
<tr><th>Evening</th><td>flood</td><td><table><tr><td>a table</td><td>in a table</td></tr></table></td></tr>
</table>

## Quotes and code

> Quoted.
>
> > Quoted again, with a list:
> >
> > - one
> > - two
>
> ```python
> print("in a quote")
> ```
>
> ## A heading in a quote

    indented code, as in the beginning

```diff
- the old line
+ the new line
```

```html
<p class="shown">as it is</p> {{{{ this }}}} {{% that %}} TODO lorem ipsum
```

***

## Other scripts

<div lang="ar" dir="rtl">

البحر يعود كل يوم، و**القارب** ينتظر [في الميناء](https://example.com/ar).

- واحد
- اثنان

> قال البحّار: لا أحد يقرع الجرس.

</div>

<p lang="ja">潮の満ち引きは月と太陽の引力によって起こります。満潮と干潮は一日に二回ずつあります。</p>

<p lang="zh">潮汐是由月球和太阳的引力引起的。</p>

<p lang="hi">ज्वार-भाटा चंद्रमा के गुरुत्वाकर्षण से होता है।</p>

Emoji: 🌊 ⛵️ 👩🏽‍🚀 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ☑ and Zalgo: t̷͎̑i̴̢͠d̶̦̈́e̷͉͝; zero width\u200bjoined‍here; “\u2028”.

<details><summary>Folded away</summary>What a mail shows open.</details>

<video src="https://example.com/tide.mp4" title="The tide coming in"></video>

<progress value="3" max="5"></progress> <input type="checkbox" checked> <ruby>潮<rt>しお</rt></ruby>

[^one]: The note, with [a link](https://example.com/note).
[^two]: Another, with `code`.

    And a second paragraph.
"""


def text(lines: int) -> str:
    """Return the whole post, with so many lines of code at its end."""
    return f"{_WORDS}\n```python\n{code(lines)}```\n"
