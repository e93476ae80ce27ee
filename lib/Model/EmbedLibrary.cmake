# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# cmake -DOUTPUT=file.cpp -DFILES=a.descent|b.descent -P EmbedLibrary.cmake: writes the texts as raw strings, in pieces, since compilers bound the length of one.
string(REPLACE "|" ";" FILES "${FILES}")
set(result "// Written by EmbedLibrary.cmake.\n#include \"LibrarySources.h\"\n#include <string>\n\nusing namespace descent::model;\n\n")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" text)
  string(APPEND result "static const char *const text${index}[] = {\n")
  string(LENGTH "${text}" length)
  set(begin 0)
  while(begin LESS length)
    string(SUBSTRING "${text}" ${begin} 8000 piece)
    string(APPEND result "R\"descent(${piece})descent\",\n")
    math(EXPR begin "${begin} + 8000")
  endwhile()
  string(APPEND result "};\n")
  string(APPEND table "      {\"${name}\", join(text${index})},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND result "
template <size_t n> static std::string join(const char *const (&pieces)[n]) {
  std::string text;
  for (const char *piece : pieces)
    text += piece;
  return text;
}

std::span<const LibrarySource> descent::model::librarySources() {
  struct Text {
    const char *name;
    std::string text;
  };
  static const Text texts[] = {
${table}  };
  static LibrarySource sources[std::size(texts)];
  for (size_t i = 0; i < std::size(texts); ++i)
    sources[i] = {texts[i].name, texts[i].text};
  return sources;
}
")
file(WRITE "${OUTPUT}" "${result}")
