"""Texts for tests of spliced stories; all of it is made up."""

FERRY = """\
The ferry line between Port Ellery and Saint Maren will stop for the winter, the harbour board said on Tuesday.
Ingrid Vaalund, who chairs the harbour board, told islanders in Saint Maren that the hull of the ferry had cracked.
Islanders who crowded the harbour hall asked Vaalund why the ferry had not been repaired in a Port Ellery dock.
The engineer Tobias Krell had warned the harbour board of corrosion in the hull of the ferry two winters ago.
Krell found corrosion below the waterline, and Vaalund ordered a second inspection of the hull in Port Ellery.
A repair in the dock of Port Ellery would cost nine million crowns, more than the harbour board earns in a year.
Captain Oskar Lindqvist has sailed the ferry to Saint Maren for thirty years and calls the hull a patchwork.
Passengers told Lindqvist that they would rather wait for a repaired ferry than cross with fishing boats.
The islanders want the harbour board to charter a vessel from Norrholm until the ferry leaves the dock.
Norrholm has lent a vessel before, when corrosion kept the ferry from Saint Maren for most of a spring.
Vaalund promised islanders that the harbour board would write to Norrholm about a vessel before the first ice.
Until then, Lindqvist said, passengers from Saint Maren would reach Port Ellery only when the weather allowed it."""

ORCHESTRA = """\
The violinist Mirela Danescu won the Castellane prize on Sunday with a concerto that no soloist had dared for decades.
Danescu played the concerto by Anton Brezina with the Halloway orchestra under the conductor Yusuf Adeyemi.
The Castellane jury praised the violinist for the slow movement of the concerto, which Brezina rewrote in exile.
Adeyemi met Danescu when the orchestra toured and the violinist stepped in for a soloist who had fallen ill.
Critics in the Halloway concert hall rose after the slow movement, and the orchestra laid down its bows for Danescu.
The violinist learned the concerto from a manuscript that the widow of Brezina had left to the Castellane archive.
Adeyemi will record the concerto with Danescu and the Halloway orchestra, and the archive will print the manuscript.
The Castellane prize brings the violinist a tour of twelve concert halls, which ends with Adeyemi in Halloway.
Brezina never heard an orchestra play the slow movement; the manuscript of the concerto lay in a trunk for decades."""

SUBTOPIC = """\
The yards of Norrholm have built vessels since the islanders of Saint Maren began to trade herring for timber.
On Sunday the museum of Norrholm opens a show about the shipwrights whose drawings Tobias Krell collected as a student.
The shipwrights drew every vessel by candlelight, and Krell keeps some of the drawings in his Port Ellery office.
Oskar Lindqvist lent the museum a compass and the logbook of a herring vessel that his grandfather had built.
The museum also shows timber from the first ferry to Saint Maren, which the shipwrights finished in one winter.
Ingrid Vaalund will open the show with a speech about herring, timber and the harbour board of Port Ellery.
Lindqvist hopes that the drawings and the logbook will bring passengers to Norrholm when the ferry sails again.
The shipwrights would have mended the hull with tar and timber, Krell said, and Vaalund would have thanked them."""

#: The same event as other papers tell it.
FERRY_ELSEWHERE = [
    """\
No ferry will sail from Port Ellery to Saint Maren before spring, harbour board chair Ingrid Vaalund confirmed.
Vaalund blamed corrosion in the hull that the engineer Tobias Krell had found below the waterline in autumn.
Saint Maren has four hundred islanders, and their ferry is the only vessel that reaches Port Ellery in winter.
Captain Oskar Lindqvist called for a vessel from Norrholm, as the harbour board had done in another bad year.
Krell puts the repair at nine million crowns, and the dock of Port Ellery cannot begin before January.
Passengers with doctors' letters will be flown, the harbour board said, if Norrholm lends no vessel in time.""",
    """\
Saint Maren is cut off: the cracked hull of its ferry will keep the vessel in Port Ellery for the whole winter.
Tobias Krell, the engineer who warned the harbour board of corrosion, said that he took no pleasure in being right.
Ingrid Vaalund told islanders that a repair would cost nine million crowns and that the dock was not free.
The islanders asked why Norrholm, which lent a vessel once, had not been asked for another before the ice.
Oskar Lindqvist, captain for thirty years, said that passengers would do better to trust the harbour's fishing boats.
The harbour board meets again on Friday to hear what Norrholm wants for a charter until spring.""",
]
