"""The words of generated passphrases: 1,024, so that each word is worth 10 bits.

Short and common. Most words that sound like another one are left out, so that a passphrase can be
said on the phone.
"""

_TEXT = """
able acid acorn actor adapt admit adult again agent agree ahead aim air alarm album alert alive
alley allow alone amber amuse angle ankle answer apart apple apron arch arena argue arm arrow
art ash aside ask atlas atom attic avoid awake award baby back bacon badge bag bake ball bamboo
band bank bar bark barn base basil basin bath bay beach beak bean bear beard beat bed beef begin
bell belt bench bend berry best big bike bird bite black blade blank blend blink block bloom
blue boat body boil bolt bone bonus book boot bowl box boy brain brass brave bread brick brief
bring broad brook broom brown brush bubble budget build bull bunch burn bus bush butter button
cabin cable cage cake calf call calm camel camera camp canal candy cane canoe cap car card care
cargo carrot carry cart carve case cash castle cat catch cause cave cedar celery chain chair
chalk charm chart chase cheap cheek cheese chef chess chest chew chief child chin city claim
clap clay clean clear clerk cliff climb clock close cloth cloud clown club coach coal coast coat
cobra cocoa code coffee coil coin cold column comb comet comic common copper coral corn cost
couch cough count couple cover cow crab craft crane cream creek crew crisp cross crowd crown
crumb crust cry cube cup curl curve custom cycle daily dairy daisy dance dark dash date dawn day
deal decade deck deep delay depth desk dial diary dice diet dip dish dive dog door dot dove down
dozen draw dream dress drift drill drink drive drop drum dry duck dull dune dust duty eager
eagle ear earn earth east easy eat echo edge edit egg elbow elder elm empty end engine enjoy
enter entry equal error essay event exact exit extra face fact fall famous fan fancy far farm
fast father feast fence fern ferry fetch fever few fiber field fig figure film final find fine
finger fire firm first fish fist fit five flag flame flash flat float flock floor fluid flute
fly foam focus fog fold folk food foot force forget fork form fort forum found fox frame free
freeze fresh friend frog front frost fruit fuel full fun funny gain game garlic gas gate gear
giant gift girl give glad glass globe glove glow glue goal goat gold golf good goose grace grade
grain grand grape graph grass gravel gravy gray green grid grill grip group grow guard guess
guide guitar gulf gum habit half hammer hand happy hard harp hat hawk hay hazel head heap heart
heat heavy hedge help hen herb hero high hill hinge hint hobby hold home honey hood hook hope
horn host hotel house hover human hunt hurry hut icon idea image inch index ink inner input into
iron item ivory ivy jacket jar jazz jelly jewel job join joke joy judge juice jump junior just
keen keep kick kid kind king kiosk kite knee knife knock label ladder lady lake lamb lamp land
lane large laser last late laugh lava law lawn layer lazy leaf learn leave left leg lemon lend
lens level lever lid life lift light like lily limb lime limit line linen lion lip list live
load loaf lobby local lock logic long loop lotus loud love low loyal lucky lunch lung magic
magnet major make mango manor many map marble margin marine mark mask mass match meal medal
melody melon melt menu metal meter mild mile milk mill mind mint minute mix model modern money
month moon moss moth motor mouse mouth move movie much mud mule museum music nail name navy near
neck nest net never news nice niece nine noble noise noodle noon north nose note novel now nurse
nut oak oasis oat ocean odd offer often oil old olive once onion only open opera option orbit
order organ other otter outer oval oven owl own oyster pack page paint palm pan panda paper park
parrot part past pasta paste patch path peach pearl pedal pen pencil petal phone photo piano
picnic pig pilot pin pine pink pipe pizza place plan plant plate play plaza pocket poem poet
point polar pond pony pool port post pot power press price pride print prize proof proud pull
pulse pump pupil puppy push queen quick quiet quilt quiz quote race radar radio raft rail raise
rake ranch range rapid rare raven raw ray razor reach ready real reason reed reef relax rent
reply rest return rice rich ride ridge ripe rise river roast robe robin robot rock roof room
rope rose rotate rough round row royal rubber ruby rug rule run rural rush safe salad salt sand
satin save scale scarf school scoop score scout seal search seat secret seed seek send sense
seven shade shadow shape share shark sharp sheep shelf shell shine ship shirt shoe shop shore
short show shy side sign silk simple sing sister six size skate skill skin sky sled sleep slice
slide slim slow small smart smile smoke smooth snack snail snow soap sock soda sofa soft soil
solar solid song sound soup south space spark speak speed spell spend spice spider spin spoon
sport spot spy square squid staff stage stamp stand star start state statue stay steam stem step
stick still stone stool stop storm story stove straw street subway sugar suit surf swan swim
swing syrup table talk tall tank tape task taste tea teach team tell ten tent term test text
thank theme thick thin thing third three thumb tidy tiger tin tip toast today tone tool tooth
topic torch total touch tour towel tower town toy track trade trail train tray tree trick trip
truck true trunk trust truth try tulip tuna turn turtle twenty twig twin uncle under union unit
upper urban urge use useful usual value van vase verb very vest visit vivid voice vote vowel
voyage wagon walk wall warm wash wasp watch water wave wax west whale wheat wheel white wide
wild win wind wing wire wise wish wolf wool word work world worm worth wrist yard year yellow
yes young youth zebra zero zinc zone zoo
"""
WORDS = tuple(_TEXT.split())
